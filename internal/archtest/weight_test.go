package archtest

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// slack is how many lines below its limit a sum may be before the limit follows, so that not every change edits weight.txt, and
// fewerSlack how much below a count may be.
const slack, fewerSlack = 200, 10

var (
	goHelpers = regexp.MustCompile(`^(bench|examples|clients|internal/(archtest|e2e|e2etest|faults|testkit|load))/|/(testdata|_net(http)?)/`)
	adapters  = regexp.MustCompile(`^(clients/.*\.(go|ts|cjs|mjs|py)|handoff/(.*\.(cjs|mjs|py)|.*/_net(http)?/.*\.go))$`)
)

// fewer are what else only goes down, by the files in which it is counted: waits for a while, tests that may not run, and what
// runs again when it has failed.
var fewer = map[string]struct{ in, what *regexp.Regexp }{
	"sleeps":  {regexp.MustCompile(`_test\.go$`), regexp.MustCompile(`\btime\.Sleep\(`)}, // where time is not fake
	"skips":   {regexp.MustCompile(`_test\.go$`), regexp.MustCompile(`\b[tbf]\.Skip(f|Now)?\(`)},
	"repeats": {regexp.MustCompile(`^\.ci/|_test\.go$`), regexp.MustCompile(`(?m)^printf .*once more|\|\| run go test|for try :`)},
}

// kindOf returns what a file counts as; "": nothing.
func kindOf(file string) string {
	switch {
	case strings.HasSuffix(file, "_test.go"):
		return "tests"
	case adapters.MatchString(file) && !strings.Contains(file, "test"):
		return "adapters"
	case strings.HasSuffix(file, ".go") && !goHelpers.MatchString(file):
		return "product"
	}
	return ""
}

// fakesTime reports whether sleeps in a file of tests take no time: those of its package run in bubbles, unless they are about
// the kernel.
func fakesTime(t *testing.T, file string) bool {
	if strings.HasSuffix(file, "_linux_test.go") {
		return false
	}
	for _, other := range testkit.Must(filepath.Glob(filepath.Join(filepath.Dir(file), "*_test.go")))(t) {
		if bytes.Contains(testkit.Must(os.ReadFile(other))(t), []byte(`"testing/synctest"`)) {
			return true
		}
	}
	return false
}

// The sums only go down: moving a line is not shrinking, and what is new pays by what it replaces. Who needs more says why in
// weight.txt.
func TestTheWeightGoesDown(t *testing.T) {
	sums := map[string]int{}
	testkit.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			if err == nil {
				err = filepath.SkipDir
			}
			return err
		}
		if d.IsDir() {
			return nil
		}
		file := strings.TrimPrefix(filepath.ToSlash(path), "../../")
		if kind := kindOf(file); kind != "" {
			sums[kind] += bytes.Count(testkit.Must(os.ReadFile(path))(t), []byte{'\n'})
		}
		for kind, f := range fewer {
			if f.in.MatchString(file) && (kind != "sleeps" || !fakesTime(t, path)) && !strings.HasPrefix(file, "internal/archtest") {
				sums[kind] += len(f.what.FindAll(testkit.Must(os.ReadFile(path))(t), -1))
			}
		}
		return nil
	}))
	limits := map[string]int{}
	for line := range strings.Lines(string(testkit.Must(os.ReadFile("weight.txt"))(t))) {
		var kind string
		var limit int
		if n, _ := fmt.Sscan(line, &kind, &limit); n == 2 {
			limits[kind] = limit
		}
	}
	for kind, n := range sums {
		below := slack
		if fewer[kind].in != nil {
			below = fewerSlack
		}
		if limit := limits[kind]; n > limit || n < limit-below {
			t.Errorf("%s: %d, and weight.txt says %d: more takes a reason there, less a lower limit", kind, n, limit)
		}
	}
	if len(limits) != len(sums) || len(sums) != 3+len(fewer) {
		t.Errorf("weight.txt has limits for %d kinds, and %d are counted", len(limits), len(sums))
	}
}
