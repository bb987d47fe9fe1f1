// Package project finds and reads the file of a project, hotswap.yaml: the command, the rules,
// and the values of options.
package project

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Name is the name of the file, and SchemaURL where editors find what it may have: docs/hotswap.schema.json.
const (
	Name      = "hotswap.yaml"
	SchemaURL = "https://raw.githubusercontent.com/hotswap-dev/hotswap/main/docs/hotswap.schema.json"
)

// maxSize bounds the size of the file in bytes. The library's parser calls itself for each
// level, and Go ends a program whose stack is full.
const maxSize = 64 << 10

type File struct {
	Path    string   // absolute
	Command []string // nil: the file has none
	Runs    bool     // Command is what hotswap runs
	Beside  []report.Beside
	Hooks   []report.Hook // rules about events
	LeftOut string        // why the file was not read; "": it was, or there is none

	options.File
}

// Find reads the file of the folder dir, an absolute path. It returns nil if there is none. Errors
// have an exit code.
func Find(dir string) (*File, error) {
	file, err := read(filepath.Join(dir, Name))
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	if _, err := os.Lstat(filepath.Join(dir, "hotswap.yml")); err == nil {
		return nil, exit.Usagef("hotswap.yml is not read: give it the name %s", Name)
	}
	return nil, nil
}

// read reads the file at path if no other user can have chosen what it says.
func read(path string) (*File, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, unreadable(Name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, unreadable(Name, err)
	}
	if why := cmp.Or(distrust(info), distrustLink(path)); why != "" {
		return nil, exit.Unavailable(UntrustedError(why))
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, unreadable(Name, err)
	}
	if len(text) > maxSize {
		return nil, exit.Usagef("%s: larger than %d KiB", Name, maxSize>>10)
	}
	return Parse(path, text)
}

// UntrustedError of [Find] says why a user who is not trusted could have chosen what the file says. A command on the
// command line runs all the same.
type UntrustedError string

func (e UntrustedError) Error() string {
	return fmt.Sprintf("%s %s, so hotswap does not run its commands", Name, string(e))
}

// unreadable says that a file cannot be read, and why.
func unreadable(name string, err error) error {
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrInvalid):
		err = errors.New("not a regular file")
	case errors.As(err, &at):
		err = at.Err
	}
	return exit.Usagef("%s: %w", name, err)
}

// Create writes hotswap.yaml. A file that is there stays.
func Create(text []byte) error {
	// or hotswap would not trust it where all may write
	f, err := os.OpenFile(Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return exit.Usagef("%s is there already, and stays as it is; remove it for a new one", Name)
	}
	if err != nil {
		return exit.Unavailable(err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Close())
	if err != nil {
		return exit.Unavailable(errors.Join(err, os.Remove(Name))) // half a file would be in the next try's way
	}
	return nil
}
