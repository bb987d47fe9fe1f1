package project

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// As npm run has them, but nothing that other users can write.
func TestWithPrograms(t *testing.T) {
	top := t.TempDir()
	at := func(name string) string { return filepath.Join(top, name) }
	dir := at("a/open/api")
	testkit.NoError(t, errors.Join(os.MkdirAll(at("a/node_modules/.bin"), 0o755),
		os.MkdirAll(at("a/open/node_modules/.bin"), 0o755),
		os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "package.json"), nil, 0o644),
		os.Chmod(at("a/open"), 0o777)))
	bins := dir + "/node_modules/.bin:" + at("a/node_modules/.bin")
	for first, want := range map[bool]string{true: bins + ":/usr/bin::/bin", false: "/usr/bin::/bin:" + bins} {
		got := withPrograms("/usr/bin::/bin", dir, first)
		if got != want || withPrograms(got, dir, first) != want {
			t.Errorf("%v: %s, want %s", first, got, want)
		}
	}
}
