//go:build unix

package node

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Opening a FIFO waits for a writer: nobody has to write into one that lies above a
// project, or that a configuration names.
func TestExtendedDoesNotWaitForAFIFO(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{"app/tsconfig.json": `{"extends": "../base.json"}`, "base.json": `{"extends": "./fifo.json"}`})
	fifos := []string{filepath.Join(dir, "tsconfig.json"), filepath.Join(dir, "fifo.json")}
	for _, path := range fifos {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := make(chan []string, 1)
	go func() { got <- extended(append(named(dir), filepath.Join(dir, "app/tsconfig.json"))) }()
	var writers []*os.File
	defer func() {
		for _, f := range writers {
			_ = f.Close()
		}
	}()
	select {
	case paths := <-got:
		if want := filepath.Join(dir, "base.json"); len(paths) != 1 || paths[0] != want {
			t.Errorf("got %q, want %q", paths, want)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits for somebody to write into a FIFO")
		for _, path := range fifos { // lets it go on
			if f, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
				writers = append(writers, f)
			}
		}
	}
}
