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

// slack is how many lines below its limit a sum may be before the limit follows, so that not every change edits weight.txt.
const slack = 200

var (
	goHelpers = regexp.MustCompile(`^(bench|examples|clients|internal/(archtest|e2e|e2etest|faults|testkit|load))/|/(testdata|_nethttp)/`)
	adapters  = regexp.MustCompile(`^(clients/.*\.(go|ts|cjs|mjs|py)|handoff/(.*\.(cjs|mjs|py)|.*/_nethttp/.*\.go))$`)
)

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

// The sums of lines only go down: moving a line is not shrinking, and what is new pays by what it replaces. Who needs more
// says why in weight.txt.
func TestTheWeightGoesDown(t *testing.T) {
	sums := map[string]int{}
	testkit.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			if err == nil {
				err = filepath.SkipDir
			}
			return err
		}
		if kind := kindOf(strings.TrimPrefix(filepath.ToSlash(path), "../../")); kind != "" && !d.IsDir() {
			sums[kind] += bytes.Count(testkit.Must(os.ReadFile(path))(t), []byte{'\n'})
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
		if limit := limits[kind]; n > limit || n < limit-slack {
			t.Errorf("%s: %d lines, and weight.txt says %d: more takes a reason there, less a lower limit", kind, n, limit)
		}
	}
	if len(limits) != 3 {
		t.Errorf("weight.txt has limits for %d kinds", len(limits))
	}
}
