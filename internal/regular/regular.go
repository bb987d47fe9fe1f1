// Package regular finds, opens and replaces files of projects. A name may lead to anything: opening a FIFO waits for a
// writer (fifo(7)), and opening a device may have an effect. So a name is checked, opened without waiting, and checked
// again.
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"syscall"
)

// MaxText limits the size of a file that Text reads, in bytes.
const MaxText = 8 << 20

// File reports whether a path leads to a regular file.
func File(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// Folder reports whether a path leads to a folder.
func Folder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Open opens a regular file for reading, without waiting. For any other file it returns
// an error that wraps fs.ErrInvalid.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, refused(path)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // no effect on a regular file, open(2)
	if err != nil {
		return nil, err
	}
	info, err = f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		f.Close()
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

// Replace writes a file beside path, and puts it in the place of path in one step.
func Replace(path string, text []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".hotswap-") // a clone may have a link of any name that is known
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

func Absolute(path, dir string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// Above yields a folder, and each that it is in.
func Above(dir string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for yield(dir) && dir != filepath.Dir(dir) {
			dir = filepath.Dir(dir)
		}
	}
}

// Nearest returns dir, or else the nearest folder above it, that has an entry of that name, as stat sees the disk; "":
// none has. A work tree of git has .git, a linked one and a submodule as a file (gitrepository-layout(5)).
func Nearest(dir, name string, stat func(string) (fs.FileInfo, error)) string {
	for at := range Above(dir) {
		if _, err := stat(filepath.Join(at, name)); err == nil {
			return at
		}
	}
	return ""
}

func Same(a, b string) bool {
	x, err := os.Stat(a)
	y, wrong := os.Stat(b)
	return err == nil && wrong == nil && os.SameFile(x, y)
}

// Real returns the path without symbolic links, or path itself if it does not exist.
func Real(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

func refused(path string) error {
	return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("not a regular file: %w", fs.ErrInvalid)}
}
