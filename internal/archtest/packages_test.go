package archtest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// CI installs with npm ci, which takes what the lock file says and nothing newer. The
// lock files name no registry but the public one.
func TestNodePackagesArePinned(t *testing.T) {
	var manifests []string
	for _, pattern := range []string{"../../examples/*/package.json", "../e2e/testdata/*/package.json", "../../bench/testdata/*/package.json", "../../bench/stacks/*/package.json"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %q, %v", pattern, found, err)
		}
		manifests = append(manifests, found...)
	}
	for _, path := range manifests {
		b, err := os.ReadFile(path)
		var m struct{ Dependencies, DevDependencies map[string]string }
		if err == nil {
			err = json.Unmarshal(b, &m)
		}
		testkit.NoError(t, err)
		if len(m.Dependencies)+len(m.DevDependencies) == 0 {
			continue
		}
		lock, err := os.ReadFile(filepath.Join(filepath.Dir(path), "package-lock.json"))
		if err != nil {
			t.Errorf("%s has no lock file: %v", path, err)
			continue
		}
		for line := range bytes.Lines(lock) {
			if _, url, ok := strings.Cut(string(line), `"resolved": "http`); ok && !strings.HasPrefix(url, "s://registry.npmjs.org/") {
				t.Errorf("the lock file of %s names another registry: %s", path, bytes.TrimSpace(line))
			}
		}
	}
	script := testkit.Must(os.ReadFile("../../.ci/install"))(t)
	for line := range strings.Lines(string(script)) {
		if strings.Contains(line, "npm install") || strings.Contains(line, "npm i ") {
			t.Errorf(".ci/install does not pin: %s", line)
		}
	}
}

// packaging writes the version of a release into the clients. In the repository neither has one.
func TestClientsHaveNoVersion(t *testing.T) {
	for file, version := range map[string]string{"node/package.json": `"version": "0.0.0"`, "python/pyproject.toml": `version = "0.0.0"`} {
		b, err := os.ReadFile("../../clients/" + file)
		if err != nil || !strings.Contains(string(b), version) {
			t.Errorf("clients/%s has no %s: %v", file, version, err)
		}
	}
}
