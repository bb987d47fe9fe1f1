package python

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// Files that say which packages a program has and how it is run.
var settings = []string{
	"pyproject.toml", "poetry.lock", "uv.lock", "pdm.lock", "Pipfile", "Pipfile.lock", "setup.py", "setup.cfg", "pyvenv.cfg",
	".python-version", "requirements*.txt", ".env*",
}

// settings returns those of the working directory and of all folders above.
func (r report) settings() standby.FileStates { return standby.Settings([]string{r.Dir}, settings) }

// dists reports whether the project is an installed package.
func (r report) dists() bool {
	return slices.ContainsFunc(r.folders(), func(dir string) bool {
		entries, _ := os.ReadDir(dir)
		return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
			return slices.Contains([]string{".egg-info", ".dist-info", ".egg-link"}, filepath.Ext(e.Name()))
		})
	})
}

// shadows returns where a module of the project could come that Python finds before a loaded one.
func (r report) shadows(modules []string) (paths []string) {
	names := map[string]bool{}
	for _, name := range modules {
		names[top(name)] = true
	}
	for name := range names {
		for _, dir := range r.folders() {
			paths = append(paths, filepath.Join(dir, name), filepath.Join(dir, name+".py"))
		}
	}
	return slices.DeleteFunc(paths, func(path string) bool { _, err := os.Lstat(path); return err == nil })
}
