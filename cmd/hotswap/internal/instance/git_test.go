package instance

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Branches and repositories of a main work tree, a linked one with a relative and an absolute path, and a submodule.
func TestGit(t *testing.T) {
	root := regular.Real(t.TempDir())
	for path, text := range map[string]string{
		"main/.git/HEAD":                  "ref: refs/heads/a/b\n",
		"main/.git/worktrees/w/HEAD":      "0123456789abcdef0123\n",
		"main/.git/worktrees/w/commondir": "../..\n",
		"main/.git/modules/s/HEAD":        "ref: refs/heads/s\n",
		"main/s/.git":                     "gitdir: ../.git/modules/s\n",
		"w/.git":                          "gitdir: " + root + "/main/.git/worktrees/w\n",
		"w/below/x":                       "",
		"broken/.git":                     "gitdir: nowhere\n",
		"none/x":                          "",
	} {
		at := filepath.Join(root, path)
		testkit.NoError(t, os.MkdirAll(filepath.Dir(at), 0o700))
		testkit.NoError(t, os.WriteFile(at, []byte(text), 0o600))
	}
	for dir, want := range map[string][2]string{
		"main": {"a/b", "/main/.git"}, "w/below": {"0123456789ab", "/main/.git"}, "main/s": {"s", "/main/.git/modules/s"},
		"broken": {"", "/broken/nowhere"},
	} {
		dir = filepath.Join(root, dir)
		if got := [2]string{Branch(dir), repository(dir)}; got != [2]string{want[0], root + want[1]} {
			t.Errorf("in %s it is %q, want %q", dir, got, want)
		}
	}
	if got := Branch(filepath.Join(root, "none")); got != "" {
		t.Errorf("outside it is %q", got)
	}
}
