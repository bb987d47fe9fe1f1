package archtest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The lock files, which npm ci needs, name no registry but the public one.
func TestNodePackagesComeFromThePublicRegistry(t *testing.T) {
	n := 0
	for _, pattern := range []string{"../../examples/*", "../e2e/testdata/*", "../../bench/testdata/*",
		"../../bench/stacks/*"} {
		for _, path := range testkit.Must(filepath.Glob(pattern + "/package-lock.json"))(t) {
			n++
			for line := range bytes.Lines(testkit.Must(os.ReadFile(path))(t)) {
				if _, url, ok := strings.Cut(string(line), `"resolved": "http`); ok &&
					!strings.HasPrefix(url, "s://registry.npmjs.org/") {
					t.Errorf("%s names another registry: %s", path, bytes.TrimSpace(line))
				}
			}
		}
	}
	if n == 0 {
		t.Error("there is no lock file")
	}
}
