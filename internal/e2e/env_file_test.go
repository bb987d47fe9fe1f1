//go:build linux

package e2e

import (
	"path/filepath"
	"testing"
)

// The command of hotswap.yaml, which needs a shell, has a standby. A save of the
// source uses it. A save of a file with variables, whatever its name is, does not: the standby
// has the old ones.
func TestWarmWithEnvFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(file, text string) {
		t.Helper()
		write(t, filepath.Join(dir, file), text)
	}
	put("main.js", "require('http').createServer((q, r) => r.end(process.env.NAME + ' 1')).listen(process.env.PORT, 'localhost')\n")
	put("hotswap.yaml", "command: GREETING=hello node main.js\nenv_file: [settings]\n")
	put("settings", "NAME=one\n")
	h := start(t, options{dir: dir})
	h.Serving(1)
	want := func(text string) {
		t.Helper()
		if got := ping(h.port); got != text {
			t.Errorf("%q, want %q", got, text)
		}
	}
	want("one 1")
	h.waits(2)
	save(t, filepath.Join(dir, "main.js"), 2)
	h.warm(2)
	want("one 2")
	h.waits(3)
	put("settings", "NAME=two\n")
	if l := h.Serving(3); l.Standby {
		t.Error("a standby with old variables was used")
	}
	want("two 2")
}
