package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

var (
	goHelpers = regexp.MustCompile(`^(bench|examples|clients|internal/(archtest|e2e|e2etest|faults|testkit|load))/` +
		`|/(testdata|_net(http)?)/`)
	adapters = regexp.MustCompile(`^(clients/.*\.(go|ts|cjs|mjs|py|rb)` +
		`|handoff/(.*\.(cjs|mjs|py|rb)|.*/_net(http)?/.*\.go))$`)
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

// eachFile calls f for each file of the repository, by its path below the root.
func eachFile(t *testing.T, f func(file string)) {
	t.Helper()
	testkit.NoError(t, fs.WalkDir(os.DirFS("../.."), ".", func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if err == nil && !d.IsDir() {
			f(file)
		}
		return err
	}))
}

func readFile(t *testing.T, file string) []byte {
	t.Helper()
	return testkit.Must(os.ReadFile(filepath.Join("../..", file)))(t)
}
