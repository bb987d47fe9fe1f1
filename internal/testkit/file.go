package testkit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Write gives a file a text as editors do: beside it, and renamed over it. It makes the file's folder.
func Write(t testing.TB, file, text string) {
	t.Helper()
	beside := fmt.Sprintf("%s.%d~", file, os.Getpid())
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(beside, []byte(text), 0o644),
		os.Rename(beside, file)); err != nil {
		t.Fatal(err)
	}
}

// AwaitFile returns the content of a file that appears whole.
func AwaitFile(t testing.TB, file string) (text string) {
	t.Helper()
	Eventually(t, func() error {
		b, err := os.ReadFile(file)
		text = string(b)
		return err
	})
	return text
}

// ShortDir returns a folder for a socket, whose path may be too long in t.TempDir.
func ShortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
