package python

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/regular"
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

var (
	imports = lazy.Pattern(`(?m)^\s*(?:from|import)\s.*$`)
	word    = lazy.Pattern(`\w+`)
)

// untried returns files of the project that the generation has not loaded, and that one of
// the changed files may import.
func (r report) untried(changed []string) (files []string) {
	names, known, dirs := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, path := range changed {
		text, _ := regular.Text(path)
		for _, line := range imports().FindAll(text, -1) {
			for _, w := range word().FindAll(line, -1) {
				names[string(w)] = true
			}
		}
	}
	for _, m := range r.Modules {
		if r.isProject(m.File) {
			known[m.File], dirs[filepath.Dir(m.File)] = true, true
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			path, stem := filepath.Join(dir, e.Name()), strings.TrimSuffix(e.Name(), ".py")
			if names[stem] && stem != e.Name() && !known[path] {
				files = append(files, path)
			} else if names[stem] && e.IsDir() && !dirs[path] {
				files = append(files, standby.Entries(path, ".py")...)
			}
		}
	}
	return files
}

// shadows returns the names of modules in the project's folders.
func (r report) shadows() map[string]bool {
	out := map[string]bool{}
	for _, dir := range r.folders() {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			stem, _, _ := strings.Cut(e.Name(), ".")
			out[stem] = true
		}
	}
	return out
}
