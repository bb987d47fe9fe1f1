package warm

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// manifest is of a package.json what says which others a package may load.
type manifest struct {
	Dependencies map[string]any `json:"dependencies"`
	Optional     map[string]any `json:"optionalDependencies"`
	Peers        map[string]any `json:"peerDependencies"`
}

// dependents returns those of the packages (name → folder) that may load one of
// the barred, and the barred themselves.
func dependents(packages map[string]string, barred func(string) bool) map[string]bool {
	needs := map[string][]string{} // name → who may load it
	for name, dir := range packages {
		b, err := os.ReadFile(filepath.Join(dir, "package.json"))
		var m manifest
		if err != nil || json.Unmarshal(b, &m) != nil {
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
	for name := range needs { // a barred one that no package of the run is
		if barred(name) {
			bar(name)
		}
	}
	return out
}
