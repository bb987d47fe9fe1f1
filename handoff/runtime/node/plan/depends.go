package plan

import (
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// ownNames returns the names of the packages of the folders, which are in no node_modules.
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
