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
	"github.com/hotswap-dev/hotswap/internal/regular"
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

	absolute bool // Absolute was called
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
		_, err := os.Stat(path)
		if (err == nil || !absent(err)) && !foreign(path) {
			return Open(path, shown(from, path))
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

// foreign reports whether a file, or a symbolic link to it, is another user's in a folder where
// everyone may write, such as /tmp. Whoever may write there must not choose what the users below
// it run.
func foreign(path string) bool {
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil || dir.Mode().Perm()&0o002 == 0 {
		return false
	}
	for _, stat := range []func(string) (fs.FileInfo, error){os.Lstat, os.Stat} {
		if file, err := stat(path); err == nil && others(file) {
			return true
		}
	}
	return false
}

// others reports whether a file belongs neither to this user nor to root.
func others(file fs.FileInfo) bool {
	st, ok := file.Sys().(*syscall.Stat_t)
	return ok && st.Uid != 0 && int(st.Uid) != os.Geteuid()
}

// shown returns how messages name the file: by its path from the current folder.
func shown(from, path string) string {
	if rel, err := filepath.Rel(from, path); err == nil {
		return rel
	}
	return path
}

// Open reads the file at path, an absolute path. Messages call it name.
func Open(path, name string) (*File, error) {
	f, err := regular.Open(path)
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
	return Parse(path, name, text)
}

// unreadable says that the file cannot be read, and why.
func unreadable(name string, err error) error {
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrInvalid):
		err = errors.New("not a regular file")
	case errors.As(err, &at):
		err = at.Err
	}
	return &exit.Error{Code: exit.CodeUsage, Err: fmt.Errorf("%s: %w", name, err)}
}

// Again reads the file anew.
func (f *File) Again() (*File, error) {
	if foreign(f.Path) {
		return nil, exit.Usagef("%s belongs to another user", f.Name)
	}
	fresh, err := Open(f.Path, f.Name)
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
