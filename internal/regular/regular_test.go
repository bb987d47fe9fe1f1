//go:build unix

package regular

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Each of these would wait for ever, or hand out what is no text.
func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	testkit.NoError(t, syscall.Mkfifo(path("fifo"), 0o600), os.Symlink("fifo", path("link")),
		os.Mkdir(path("folder"), 0o700))
	for _, name := range []string{path("fifo"), path("link"), path("folder"), "/dev/null", "/dev/tty"} {
		if _, err := Text(name); !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Text(path("none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// What cannot be replaced stays, with nothing beside it.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "text")
	testkit.NoError(t, Replace(path, []byte("one"), 0o640), Replace(path, []byte("two"), 0o600))
	info := testkit.Must(os.Stat(path))(t)
	if got := testkit.Must(os.ReadFile(path))(t); string(got) != "two" || info.Mode() != 0o600 {
		t.Errorf("%q, %v", got, info.Mode())
	}
	testkit.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	if Replace(filepath.Join(dir, "folder"), nil, 0o600) == nil {
		t.Error("a folder was replaced")
	}
	var room syscall.Rlimit
	testkit.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &room),
		syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1, Max: room.Max}))
	err := Replace(path, []byte("three"), 0o600)
	testkit.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &room))
	if got := testkit.Must(os.ReadFile(path))(t); string(got) != "two" || !errors.Is(err, syscall.EFBIG) {
		t.Errorf("%q is left where there is room for one byte: %v", got, err)
	}
	if left := testkit.Must(os.ReadDir(dir))(t); len(left) != 2 {
		t.Errorf("left: %v", left)
	}
}

func TestTextIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "text")
	want := bytes.Repeat([]byte("x"), MaxText)
	testkit.NoError(t, os.WriteFile(path, want, 0o600))
	if got, err := Text(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	testkit.NoError(t, os.WriteFile(path, append(want, 'x'), 0o600))
	if got, err := Text(path); err == nil {
		t.Errorf("%d bytes were read of a file that is too large", len(got))
	}
}
