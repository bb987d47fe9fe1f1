package plan

import (
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// ownNames returns the names of the packages of the folders, which are in no node_modules.
func ownNames(folders []string) []string {
	var names []string
	for _, dir := range folders {
		for dir := range regular.Above(dir) {
			if m, ok := standby.ReadManifest(dir); ok && m.Name != "" {
				names = append(names, m.Name)
				break
			}
		}
	}
	return unique(names)
}
