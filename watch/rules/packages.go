package rules

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Packages is a folder into which installers put what programs load. The packages are
// not watched: they are many, and an installer takes seconds to write them. The lists of
// them are few, and are written last. While a list is gone nothing is said of it: installers remove what they replace.
type Packages struct {
	Dir   string // absolute; the folder need not exist
	Lists string // patterns of the lists, relative to Dir, as of package path
}

// lists are npm's, pnpm's, Yarn 1's and Yarn's since 2. npm ci and Yarn 1 remove theirs first.
const lists = ".package-lock.json .pnpm/lock.yaml .yarn-integrity .yarn-state.yml"

// bunLists are the package.json of each package where Bun puts it, also with an isolated linker. Bun leaves no list.
const bunLists = `
	*/package.json @*/*/package.json .bun/*/node_modules/*/package.json .bun/*/node_modules/@*/*/package.json`

// leadsToLists reports whether p is a list of packages; or with folder, a folder on the way to one.
func (r *Rules) leadsToLists(p string, folder bool) bool {
	return slices.ContainsFunc(r.Packages, func(of Packages) bool {
		if !Within(p, of.Dir) || p == of.Dir {
			return folder && Within(of.Dir, p)
		}
		rel := p[len(of.Dir)+1:]
		depth := strings.Count(rel, "/") + 1
		return slices.ContainsFunc(strings.Fields(of.Lists), func(list string) bool {
			names := strings.Split(list, "/")
			if len(names) < depth || folder == (len(names) == depth) {
				return false
			}
			matches, _ := path.Match(strings.Join(names[:depth], "/"), rel)
			return matches
		})
	})
}

// FindPackages returns the folders of packages that a program of the configuration may
// load from: node_modules of the roots, and of folders above that have a package.json;
// site-packages of a virtual environment in a root, or of the active one; gems that a
// Gemfile keeps in the project. Roots are absolute, and Exists is not nil.
func FindPackages(cfg Config, active string) (out []Packages) {
	kind := cfg.kinds()
	roots := append([]string{cfg.Root}, cfg.Roots...)
	slices.Sort(roots)
	for _, root := range slices.Compact(roots) {
		for dir := range regular.Above(root) {
			if kind&Node == 0 || !cfg.Exists(filepath.Join(dir, "package.json")) {
				continue
			}
			left := lists
			if cfg.Exists(filepath.Join(dir, "bun.lock")) || cfg.Exists(filepath.Join(dir, "bun.lockb")) {
				left += bunLists
			}
			out = append(out, Packages{filepath.Join(dir, "node_modules"), left})
		}
		for _, env := range []string{filepath.Join(root, ".venv"), filepath.Join(root, "venv"), active} {
			if lib := filepath.Join(env, "lib"); kind&Python != 0 && env != "" && cfg.Exists(lib) {
				out = append(out, Packages{lib, "*/site-packages/*.dist-info/RECORD"})
			}
		}
		if gems := filepath.Join(root, "vendor/bundle/ruby"); kind&Ruby != 0 && cfg.Exists(gems) {
			out = append(out, Packages{gems, "*/specifications/*.gemspec"})
		}
	}
	return out
}
