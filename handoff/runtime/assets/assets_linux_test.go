package assets

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hotswap-dev/hotswap/internal/flock"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// other is another user's number.
const other = 65534

var files = New(fstest.MapFS{"a.cjs": {Data: []byte("ours")}}, ".", "x")

// inHome is a HOME that is another user's, as sudo -E and a container's ENV leave it.
func inHome(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give a folder to another user")
	}
	home := t.TempDir()
	cache := filepath.Join(home, ".cache")
	testkit.NoError(t, os.Mkdir(cache, 0o755), os.Chown(cache, other, other), os.Chown(home, other, other))
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", cache)
	return home
}

// Root puts nothing into another user's HOME, which that user could replace.
func TestRootWithAUsersHome(t *testing.T) {
	home := inHome(t)
	t.Setenv("TMPDIR", filepath.Join(home, "tmp"))
	dir := testkit.Must(files.Unpack(files.Folders()))(t)
	defer os.RemoveAll(filepath.Dir(dir))
	kept := testkit.Must(Cache("test"))(t)
	defer os.RemoveAll(kept)
	for _, path := range []string{dir, kept} {
		if strings.HasPrefix(path, home) {
			t.Errorf("it is in %s", path)
		}
	}
	_ = filepath.WalkDir(home, func(path string, _ os.DirEntry, err error) error {
		if path != home && path != filepath.Join(home, ".cache") {
			t.Errorf("made: %s, %v", path, err)
		}
		return nil
	})
}

// A folder that XDG_CACHE_HOME names is root's cache, too, if it is safe.
func TestCacheOfXDG(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", dir)
	if got := testkit.Must(Cache("test"))(t); got != filepath.Join(dir, "hotswap", "test") {
		t.Errorf("it is %s", got)
	}
}

// A place that another user could replace is passed over, and nothing is made there.
func TestUnsafePlaces(t *testing.T) {
	home := inHome(t)
	ours := filepath.Join(t.TempDir(), "ours")
	link := filepath.Join(t.TempDir(), "link")
	testkit.NoError(t, os.Symlink(filepath.Join(home, ".cache"), link))
	var places []Folder
	for _, path := range []string{filepath.Join(home, ".cache/hotswap"), filepath.Join(home, "hotswap"),
		filepath.Join(link, "hotswap")} {
		places = append(places, Folder{path, 0o700})
		if dir, err := cache([]string{path}, "c"); err == nil {
			t.Errorf("a cache in %s", dir)
		}
	}
	dir, err := files.Unpack(places)
	if err == nil || strings.Count(err.Error(), "belongs to another user") != len(places) ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("%s, %v", dir, err)
	}
	if dir, err := files.Unpack(append(slices.Clone(places), Folder{ours, 0o700})); err != nil ||
		filepath.Dir(dir) != ours {
		t.Errorf("%s, %v", dir, err)
	}
	if _, err := flock.Folder(ours); !errors.Is(err, flock.ErrLocked) {
		t.Errorf("systemd-tmpfiles would clean it up: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(home, ".cache", "*")); len(left) > 0 {
		t.Errorf("made: %q", left)
	}
}

// Root's program may have become another user before it reads the files, which stay as they are.
func TestOthersRead(t *testing.T) {
	places := []Folder{{filepath.Join(t.TempDir(), "hotswap"), 0o755}}
	file := filepath.Join(testkit.Must(files.Unpack(places))(t), "a.cjs")
	info := testkit.Must(os.Stat(file))(t)
	testkit.Must(files.Unpack(places))(t)
	if now, err := os.Stat(file); err != nil || now.Mode().Perm() != 0o644 || !os.SameFile(info, now) {
		t.Errorf("%v, %v", now, err)
	}
}

// A place is looked at again at each start.
func TestAPlaceThatBecomesUnsafe(t *testing.T) {
	above := filepath.Join(t.TempDir(), "above")
	places := []Folder{{filepath.Join(above, "hotswap"), 0o700}}
	testkit.NoError(t, os.Mkdir(above, 0o755))
	testkit.Must(files.Unpack(places))(t)
	testkit.NoError(t, os.Chmod(above, 0o777))
	if dir, err := files.Unpack(places); err == nil {
		t.Errorf("it is in %s", dir)
	}
}

// A file that another user may write to is none of ours, whatever is in it now.
func TestFilesOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give a file to another user")
	}
	places := []Folder{{filepath.Join(t.TempDir(), "hotswap"), 0o700}}
	dir := testkit.Must(files.Unpack(places))(t)
	file := filepath.Join(dir, "a.cjs")
	for what, spoil := range map[string]func() error{
		"owned by another user": func() error { return os.Chown(file, other, other) },
		"writable for others":   func() error { return os.Chmod(file, 0o666) },
		"a link": func() error {
			elsewhere := filepath.Join(t.TempDir(), "b")
			return errors.Join(os.WriteFile(elsewhere, []byte("ours"), 0o600), os.Chown(elsewhere, other, other),
				os.Remove(file), os.Symlink(elsewhere, file))
		},
		"changed": func() error { return os.WriteFile(file, []byte("oops"), 0o600) },
	} {
		testkit.NoError(t, spoil())
		testkit.Must(files.Unpack(places))(t)
		info, err := os.Lstat(file)
		text, _ := os.ReadFile(file)
		if err != nil || info.Mode() != 0o600 || string(text) != "ours" {
			t.Errorf("%s: %v, %v, %q", what, info.Mode(), err, text)
		}
	}
}
