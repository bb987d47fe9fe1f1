package handoff

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stranger is another user's number.
const stranger = 65534

// What leads to a path is made of real folders and symbolic links, of two users.
func TestTrusted(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give folders to another user")
	}
	for _, c := range []struct {
		what string
		make func(dir string) error
		path string
		want string // "": it is trusted
	}{
		{"ours", func(d string) error { return os.Mkdir(d+"/a", 0o755) }, "a", ""},
		{"not there yet", func(string) error { return nil }, "a/b/c", ""},
		{"another user's folder", func(d string) error {
			return errors.Join(os.Mkdir(d+"/a", 0o755), os.Chown(d+"/a", stranger, stranger))
		}, "a", "belongs to another user"},
		{"below another user's", func(d string) error {
			return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Chown(d+"/a", stranger, stranger))
		}, "a/b", "belongs to another user"},
		{"not there yet, below another user's", func(d string) error {
			return errors.Join(os.Mkdir(d+"/a", 0o755), os.Chown(d+"/a", stranger, stranger))
		}, "a/b", "belongs to another user"},
		{"the group may write above", func(d string) error { return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Chmod(d+"/a", 0o775)) }, "a/b", "others may write"},
		{"all may write above", func(d string) error { return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Chmod(d+"/a", 0o777)) }, "a/b", "others may write"},
		{"all may write above, and it is sticky", func(d string) error {
			return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Chmod(d+"/a", 0o777|os.ModeSticky))
		}, "a/b", ""},
		{"another user's in a sticky one", func(d string) error {
			return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Chmod(d+"/a", 0o777|os.ModeSticky), os.Chown(d+"/a/b", stranger, stranger))
		}, "a/b", "belongs to another user"},
		{"our link", func(d string) error { return errors.Join(os.Mkdir(d+"/a", 0o755), os.Symlink("a", d+"/l")) }, "l/x", ""},
		{"another user's link to ours", func(d string) error {
			return errors.Join(os.Mkdir(d+"/a", 0o755), os.Symlink("a", d+"/l"), os.Lchown(d+"/l", stranger, stranger))
		}, "l/x", "belongs to another user"},
		{"our link to another user's", func(d string) error {
			return errors.Join(os.Mkdir(d+"/a", 0o755), os.Chown(d+"/a", stranger, stranger), os.Symlink(d+"/a", d+"/l"))
		}, "l/x", "belongs to another user"},
		{"our link through a folder that all may write to", func(d string) error {
			return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Chmod(d+"/a", 0o777), os.Symlink("../"+filepath.Base(d)+"/a/b", d+"/l"))
		}, "l", "others may write"},
		{"our link, and back by what it leads to", func(d string) error {
			return errors.Join(os.MkdirAll(d+"/a/b", 0o755), os.Mkdir(d+"/a/c", 0o755), os.Chown(d+"/a/c", stranger, stranger),
				os.Mkdir(d+"/c", 0o755), os.Symlink("a/b", d+"/l"), os.Symlink("l/../c", d+"/m"))
		}, "m", "belongs to another user"},
		{"links in a circle", func(d string) error { return errors.Join(os.Symlink("m", d+"/l"), os.Symlink("l", d+"/m")) }, "l", "too many symbolic links"},
		{"another user's file", func(d string) error {
			return errors.Join(os.WriteFile(d+"/f", nil, 0o644), os.Chown(d+"/f", stranger, stranger))
		}, "f", "belongs to another user"},
	} {
		dir := t.TempDir()
		if err := c.make(dir); err != nil {
			t.Fatal(err)
		}
		if err := Trusted(filepath.Join(dir, c.path)); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
	for _, path := range []string{"a", "", "./a"} {
		if Trusted(path) == nil {
			t.Errorf("%q is trusted", path)
		}
	}
}
