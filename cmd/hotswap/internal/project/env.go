package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// Env is what the program finds at its start: its folder, and variables of files.
type Env struct {
	dir   string // as people name it, perhaps by a symbolic link
	files []string
	base  map[string]bool // names that count more
}

// NewEnv returns an environment in the folder dir, an absolute path, with the files, of which a later one counts more.
// Relative paths count from dir. Variables of base, which is an environment, count more than any file.
func NewEnv(dir string, files, base []string) *Env {
	e := &Env{dir, files, map[string]bool{}}
	for _, kv := range base {
		name, _, _ := strings.Cut(kv, "=")
		e.base[name] = true
	}
	return e
}

// Read makes the folder of that name the current one, from which processes inherit theirs, and reads the files. A
// deployment replaces a symbolic link and means the next process. If the name leads nowhere, the current folder stays.
// A file that does not exist gives nothing.
func (e *Env) Read() (out supervisor.Environment, err error) {
	out.Folder = e.dir
	if folder, err := filepath.EvalSymlinks(e.dir); err == nil {
		_ = os.Chdir(folder) // an error means that it is going
		out.Folder = folder
	}
	values := map[string]string{}
	for _, f := range e.files {
		all, err := e.variables(regular.Absolute(f, e.dir))
		if err != nil {
			return out, err
		}
		for _, v := range all {
			if !e.base[v.name] {
				values[v.name] = v.value
			}
		}
	}
	for name, value := range values {
		out.Vars = append(out.Vars, name+"="+value)
	}
	slices.Sort(out.Vars)
	return out, nil
}

func (e *Env) variables(file string) ([]variable, error) {
	text, err := regular.Text(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	name, _ := filepath.Rel(e.dir, file) // of absolute paths it does not fail
	if err != nil {
		return nil, unreadable(name, err)
	}
	vars, line, why := parseEnv(string(text))
	if why != "" {
		return nil, fmt.Errorf("%s:%d: %s", name, line, why)
	}
	return vars, nil
}
