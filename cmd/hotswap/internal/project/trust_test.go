package project

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Nobody else chooses the command.
func TestFileOfAnotherUser(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	path := filepath.Join(dir, Name)
	must := func(errs ...error) {
		t.Helper()
		testkit.NoError(t, errors.Join(errs...))
	}
	must(os.WriteFile(path, []byte("command: a"), 0o644))
	refused := func(want string) {
		t.Helper()
		_, err := Find(dir)
		var e *exit.Error
		if !errors.As(err, &e) || e.Code != exit.CodeUnavailable ||
			err.Error() != "hotswap.yaml "+want+", so hotswap does not run its commands" {
			t.Errorf("%v", err)
		}
	}
	must(os.Chmod(path, 0o646))
	refused("can be written by every user (chmod o-w)")
	must(os.Chmod(path, 0o664))
	if f, err := Find(dir); err != nil || f == nil {
		t.Errorf("a project with umask 002: %v", err)
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	must(os.Chown(path, 4711, 0))
	refused("belongs to user 4711")
	must(os.Chown(dir, 4711, 0))
	for _, group := range []int{0, 4711} {
		must(os.Chown(path, 4711, group))
		if f, err := Find(dir); err != nil || f == nil {
			t.Errorf("the owner of the current folder, group %d: %v", group, err)
		}
	}
	must(os.Chown(path, 4711, 4712))
	refused("can be written by a group (chmod g-w)")
}
