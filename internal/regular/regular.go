// Package regular opens files of projects. Such a name may lead to anything: opening a
// FIFO waits for a writer, fifo(7), and a device may act. So a name is looked up first,
// opened without waiting, and looked at again: it may have become another file between.
package regular

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// MaxText is the size in bytes above which Text does not read a file: no source and no
// settings are that large.
const MaxText = 8 << 20

// Open opens a regular file for reading. It never waits: of all else it returns an
// error that wraps fs.ErrInvalid.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, refused(path)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // of no effect on a regular file, open(2)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = f.Close()
		return nil, refused(path)
	}
	return f, nil
}

// Text reads a regular file of at most MaxText bytes.
func Text(path string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxText+1))
	if err != nil {
		return nil, err
	}
	if len(b) > MaxText {
		return nil, fmt.Errorf("read %s: it has more than %d bytes", path, MaxText)
	}
	return b, nil
}

func refused(path string) error {
	return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("not a regular file: %w", fs.ErrInvalid)}
}
