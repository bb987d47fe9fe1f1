package node

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// manifest has the fields of a package.json that say which packages a package may load.
type manifest struct {
	Name         string         `json:"name"`
	Dependencies map[string]any `json:"dependencies"`
	Optional     map[string]any `json:"optionalDependencies"`
	Peers        map[string]any `json:"peerDependencies"`
}

// dependents returns the barred packages, and those of the packages (name → folder) that may
// load one of them.
func dependents(packages map[string]string, barred func(string) bool) map[string]bool {
	needs := map[string][]string{} // name → who may load it
	for name, dir := range packages {
		m, ok := readManifest(dir)
		if !ok {
			continue
		}
		for _, list := range []map[string]any{m.Dependencies, m.Optional, m.Peers} {
			for other := range list {
				needs[other] = append(needs[other], name)
			}
		}
	}
	out := map[string]bool{}
	var bar func(string)
	bar = func(name string) {
		if out[name] {
			return
		}
		out[name] = true
		for _, by := range needs[name] {
			bar(by)
		}
	}
	for name := range packages {
		if barred(name) {
			bar(name)
		}
	}
	for name := range needs { // barred, and not among the packages
		if barred(name) {
			bar(name)
		}
	}
	return out
}

// needed returns the named packages, and those of the packages (name → folder) that they
// may load.
func needed(packages map[string]string, names []string) map[string]bool {
	out := map[string]bool{}
	for todo := slices.Clone(names); len(todo) > 0; todo = todo[1:] {
		dir, ok := packages[todo[0]]
		if !ok || out[todo[0]] {
			continue
		}
		out[todo[0]] = true
		if m, ok := readManifest(dir); ok {
			for _, list := range []map[string]any{m.Dependencies, m.Optional, m.Peers} {
				todo = append(todo, slices.Collect(maps.Keys(list))...)
			}
		}
	}
	return out
}

func readManifest(dir string) (m manifest, ok bool) {
	b, err := regular.Text(filepath.Join(dir, "package.json"))
	return m, err == nil && json.Unmarshal(b, &m) == nil
}

// ownNames returns the names of the packages that the folders belong to, which are in no
// node_modules.
func ownNames(folders []string) []string {
	var names []string
	for _, dir := range folders {
		for {
			if m, ok := readManifest(dir); ok && m.Name != "" {
				names = append(names, m.Name)
				break
			}
			parent := filepath.Dir(dir)
			if parent == dir {
				break
			}
			dir = parent
		}
	}
	return unique(names)
}
