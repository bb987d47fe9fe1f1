package rules

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Packages is a folder into which installers put what programs load. The packages are
// not watched: they are many, and an installer takes seconds to write them. The lists of
// them are few, and are written last.
type Packages struct {
	Dir string // absolute; the folder need not exist
	// Lists are files, by their paths from Dir, of which an installer writes its own when all packages
	// are there. If none exists, the names in Dir tell which packages there are.
	Lists []string
	// Suffixes are those of the packages' names. None: all names count that are not hidden.
	Suffixes []string
	Each     string // the list that an installer leaves in each of these; "": none, or they are files
}

// lists are npm's, pnpm's, Yarn 1's and Yarn's since 2. npm ci and Yarn 1 remove theirs first. Bun
// writes none.
var lists = []string{".package-lock.json", ".pnpm/lock.yaml", ".yarn-integrity", ".yarn-state.yml"}

// Tells reports whether an entry of that name, made, written or removed, may mean that
// the packages have changed. After its list pnpm writes .modules.yaml.
func (p Packages) Tells(name string) bool {
	return slices.Contains(p.Lists, name) || name == ".modules.yaml" || p.Counts(name)
}

func (p Packages) Counts(name string) bool {
	if len(p.Suffixes) == 0 {
		return !strings.HasPrefix(name, ".")
	}
	return slices.ContainsFunc(p.Suffixes, func(end string) bool { return strings.HasSuffix(name, end) })
}

// FindPackages returns the folders of packages that a program of the configuration may
// load from: node_modules of the roots, and of folders above that have a package.json;
// site-packages of a virtual environment in a root, or of the active one; gems that a
// Gemfile keeps in the project. Roots are absolute. names lists a folder, and is nil where there is none.
func FindPackages(cfg Config, active string, exists func(string) bool, names func(string) []string) []Packages {
	kind := cfg.kinds()
	var out []Packages
	seen := map[string]bool{}
	add := func(dir string, lists []string, each string, suffixes ...string) {
		dir = filepath.Clean(dir)
		if !seen[dir] {
			seen[dir] = true
			out = append(out, Packages{dir, lists, suffixes, each})
		}
	}
	below := func(dir, rest, each string, suffixes ...string) {
		for _, name := range names(dir) {
			if full := filepath.Join(dir, name, rest); exists(full) {
				add(full, nil, each, suffixes...)
			}
		}
	}
	for _, root := range append([]string{cfg.Root}, cfg.Roots...) {
		if kind&Node != 0 {
			for dir := range regular.Above(root) {
				if exists(filepath.Join(dir, "package.json")) {
					add(filepath.Join(dir, "node_modules"), lists, "")
				}
			}
		}
		if kind&Python != 0 {
			for _, env := range []string{filepath.Join(root, ".venv"), filepath.Join(root, "venv"), active} {
				if env != "" {
					below(filepath.Join(env, "lib"), "site-packages", "RECORD", ".dist-info", ".egg-info")
				}
			}
		}
		if kind&Ruby != 0 {
			below(filepath.Join(root, "vendor/bundle/ruby"), "specifications", "", ".gemspec")
		}
	}
	return out
}
