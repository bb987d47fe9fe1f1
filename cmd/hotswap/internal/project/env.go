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

// Environ returns what reads, before each start, what the program finds: its folder, and variables of files, of which a
// later one counts more. The folder is dir, an absolute path as people name it, perhaps by a symbolic link. Relative
// paths count from there. Variables of base, which is an environment, count more than any file.
//
// Reading makes the folder of that name the current one, from which processes inherit theirs. A deployment replaces a
// symbolic link and means the next process. If the name leads nowhere, the current folder stays. A file that does not
// exist gives nothing.
func Environ(dir string, files, base []string) func() (supervisor.Environment, error) {
	counts := map[string]bool{} // more than a file
	for _, kv := range base {
		name, _, _ := strings.Cut(kv, "=")
		counts[name] = true
	}
	return func() (out supervisor.Environment, err error) {
		out.Folder = dir
		if folder, err := filepath.EvalSymlinks(dir); err == nil {
			_ = os.Chdir(folder) // an error means that it is going
			out.Folder = folder
		}
		values := map[string]string{}
		for _, f := range files {
			all, err := variables(dir, regular.Absolute(f, dir))
			if err != nil {
				return out, err
			}
			for _, v := range all {
				if !counts[v.name] {
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
}

func variables(dir, file string) ([]variable, error) {
	text, err := regular.Text(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	name, _ := filepath.Rel(dir, file) // of absolute paths it does not fail
	if err != nil {
		return nil, unreadable(name, err)
	}
	vars, line, why := parseEnv(string(text))
	if why != "" {
		return nil, fmt.Errorf("%s:%d: %s", name, line, why)
	}
	return vars, nil
}
