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
	testkit.NoError(t, syscall.Mkfifo(path("fifo"), 0o600), os.Symlink("fifo", path("link")), os.Mkdir(path("folder"), 0o700))
	for _, name := range []string{path("fifo"), path("link"), path("folder"), "/dev/null", "/dev/tty"} {
		if _, err := Text(name); !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Text(path("none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
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
