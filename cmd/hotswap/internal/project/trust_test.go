package project

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
)

// Who chooses what is run.
func TestUnsafe(t *testing.T) {
	const me, bob = 1000, 1001
	for _, c := range []struct {
		name string
		facts
		want string
	}{
		{"one's own", facts{owner: me, mode: 0o644}, ""},
		{"root's", facts{mode: fs.ModeDir | 0o755}, ""},
		{"another user's", facts{owner: bob, mode: 0o600}, foreign},
		{"another user's link", facts{owner: bob, mode: fs.ModeSymlink | 0o777}, foreign},
		{"a link", facts{owner: me, mode: fs.ModeSymlink | 0o777}, ""},
		{"a project with umask 002", facts{owner: me, mode: 0o664, private: true}, ""},
		{"a group of others", facts{owner: me, mode: fs.ModeDir | 0o775}, writable},
		{"everybody", facts{owner: me, mode: 0o666, private: true}, writable},
		{"/tmp", facts{mode: fs.ModeDir | fs.ModeSticky | 0o777, private: true}, writable},
	} {
		if got := c.unsafe([]int{0, me}); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Nobody else chooses the command: not by the file, a link to it or the folder of either.
func TestFileOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	t.Setenv("SUDO_UID", "")
	top := t.TempDir()
	at := func(name string) string { return filepath.Join(top, name) }
	t.Chdir(top)
	must := func(errs ...error) {
		t.Helper()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	const bob = 4711
	file := at("above/" + Name)
	must(os.MkdirAll(at("above/below"), 0o755), os.Mkdir(at("real"), 0o755), os.WriteFile(at("real/a.yaml"), []byte("command: a"), 0o644))
	for name, c := range map[string]struct {
		spoil, mend func() error
		want        string
	}{
		"the file": {func() error { return os.Chown(at("real/a.yaml"), bob, 0) }, func() error { return os.Chown(at("real/a.yaml"), 0, 0) },
			"../hotswap.yaml belongs to 4711, so hotswap does not run its commands: put a hotswap.yaml of your own into your project's folder"},
		"the link": {func() error { return os.Lchown(file, bob, 0) }, func() error { return os.Lchown(file, 0, 0) }, "../hotswap.yaml belongs to 4711, "},
		"the folder": {func() error { return os.Chown(at("real"), bob, 0) }, func() error { return os.Chown(at("real"), 0, 0) },
			"../hotswap.yaml is in " + at("real") + ", which belongs to 4711, "},
		"the link's folder": {func() error { return os.Chmod(at("above"), 0o777|os.ModeSticky) }, func() error { return os.Chmod(at("above"), 0o755) },
			"../hotswap.yaml is in " + at("above") + ", which can be written by other users than root, so hotswap does not run its commands: put "},
		"permissions": {func() error { return os.Chmod(at("real/a.yaml"), 0o646) }, func() error { return os.Chmod(at("real/a.yaml"), 0o644) },
			"../hotswap.yaml can be written by other users than root, so hotswap does not run its commands: chmod go-w ../hotswap.yaml"},
	} {
		_ = os.Remove(file)
		must(os.Symlink("../real/a.yaml", file))
		before, err := Find(at("above/below"))
		must(err)
		must(c.spoil())
		_, err = Find(at("above/below"))
		_, again := before.Again()
		var e *exit.Error
		for _, err := range []error{err, again} {
			if !errors.As(err, &e) || e.Code != exit.CodeUnavailable || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(c.mend())
	}

	must(os.Chown(at("real/a.yaml"), bob, bob), os.Chmod(at("real/a.yaml"), 0o664))
	t.Setenv("SUDO_UID", "4711")
	if f, err := Find(at("above/below")); err != nil || f == nil {
		t.Errorf("the user who called sudo: %v", err)
	}
	t.Setenv("SUDO_UID", "")
	must(os.Chown(top, bob, bob))
	f, err := Find(at("above/below"))
	if err != nil || f == nil {
		t.Fatalf("the owner of the current folder: %v", err)
	}
	t.Chdir("/")
	if _, err := f.Again(); err != nil {
		t.Errorf("it was trusted at the start: %v", err)
	}

	must(os.Remove(file), os.Symlink(Name, file))
	if _, err := Find(at("above/below")); err == nil || !strings.Contains(err.Error(), "too many links") {
		t.Errorf("a link to itself: %v", err)
	}
}
