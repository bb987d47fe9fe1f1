package plan

import (
	"path/filepath"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

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
		if m, ok := standby.ReadManifest(dir); ok {
			todo = append(todo, m.Needs()...)
		}
	}
	return out
}

// ownNames returns the names of the packages that the folders belong to, which are in no
// node_modules.
func ownNames(folders []string) []string {
	var names []string
	for _, dir := range folders {
		for {
			if m, ok := standby.ReadManifest(dir); ok && m.Name != "" {
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
