package project

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Name is the name of the file.
const Name = "hotswap.yaml"

// maxSize bounds the size of the file in bytes. The library's parser calls itself for each
// level, and Go ends a program whose stack is full.
const maxSize = 64 << 10

// File is what the file says.
type File struct {
	Path    string   // absolute
	Name    string   // how messages name it
	Command []string // nil: the file has none
	Runs    bool     // Command is what hotswap runs
	Beside  []report.Beside

	absolute bool  // Absolute was called
	trusted  []int // the users that may own the file
	options.File
}

// Dir returns the project's folder.
func (f *File) Dir() string { return filepath.Dir(f.Path) }

// Find reads the file of the project that the folder from, an absolute path, belongs to: the
// one in from, or else in the nearest folder above. It returns nil if there is none. Errors
// have an exit code.
func Find(from string) (*File, error) {
	for dir := from; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, Name)
		if _, err := os.Stat(path); err == nil || !absent(err) {
			return read(path, shown(from, path), trusted())
		}
		if dir == filepath.Dir(dir) {
			return nil, nil
		}
	}
}

// absent reports whether there is no file, as far as this user can see: other users' folders may
// lie above.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR)
}

// shown returns how messages name the file: by its path from the current folder.
func shown(from, path string) string {
	if rel, err := filepath.Rel(from, path); err == nil {
		return rel
	}
	return path
}

// read reads the file at path, an absolute path, if it is safe from users that are not trusted.
// Messages call it name.
func read(path, name string, trusted []int) (*File, error) {
	f, err := open(path, name, trusted)
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, unreadable(name, err)
	}
	if len(text) > maxSize {
		return nil, exit.Usagef("%s: larger than %d KiB", name, maxSize>>10)
	}
	file, err := Parse(path, name, text)
	if err == nil {
		file.trusted = trusted
	}
	return file, err
}

// unreadable says that the file cannot be read, and why.
func unreadable(name string, err error) error {
	var at *fs.PathError
	var refused *exit.Error
	switch {
	case errors.As(err, &refused):
		return err
	case errors.Is(err, fs.ErrInvalid):
		err = errors.New("not a regular file")
	case errors.As(err, &at):
		err = at.Err
	}
	return &exit.Error{Code: exit.CodeUsage, Err: fmt.Errorf("%s: %w", name, err)}
}

// Again reads the file anew.
func (f *File) Again() (*File, error) {
	fresh, err := read(f.Path, f.Name, f.trusted)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, exit.Usagef("%s is gone", f.Name)
	case err != nil:
		return nil, err
	case f.Runs && fresh.Command == nil:
		return nil, exit.Usagef("%s has no command", f.Name)
	}
	if fresh.Runs = f.Runs; f.absolute {
		fresh.Absolute()
	}
	return fresh, nil
}

// Absolute makes the file independent of the current folder: from now on what it says about
// paths counts from the project's folder.
func (f *File) Absolute() {
	dir := f.Dir()
	f.absolute = true
	for i := range f.Rules {
		f.Rules[i].Dir = dir
	}
	for i := range f.Beside {
		f.Beside[i].Dir = dir
	}
	for _, key := range keys() {
		for i, given := range f.Values[key.Option] {
			f.Values[key.Option][i].Text = key.Below(dir, given.Text)
		}
	}
}

// Enter makes the project's folder the current one.
func (f *File) Enter() error {
	if err := os.Chdir(f.Dir()); err != nil {
		return exit.Unavailable(err)
	}
	return os.Setenv("PWD", f.Dir()) // for the program
}
