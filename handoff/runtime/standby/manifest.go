package standby

import (
	"encoding/json"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Manifest has the fields of a package.json that say which packages a package may load, and its scripts.
type Manifest struct {
	Name         string            `json:"name"`
	Scripts      map[string]string `json:"scripts"`
	Dependencies map[string]any    `json:"dependencies"`
	Optional     map[string]any    `json:"optionalDependencies"`
	Peers        map[string]any    `json:"peerDependencies"`
	PeersMeta    map[string]struct {
		Optional bool `json:"optional"`
	} `json:"peerDependenciesMeta"`
}

// Needs returns the packages that the manifest says to need. It leaves out optional peers, which few packages load: a
// rehearsal finds those that do.
func (m Manifest) Needs() (names []string) {
	for _, list := range []map[string]any{m.Dependencies, m.Optional, m.Peers} {
		for name := range list {
			if !m.PeersMeta[name].Optional {
				names = append(names, name)
			}
		}
	}
	return names
}

// ReadManifest reads the package.json of a folder.
func ReadManifest(dir string) (m Manifest, ok bool) {
	b, err := regular.Text(filepath.Join(dir, "package.json"))
	ok = err == nil && json.Unmarshal(b, &m) == nil
	return m, ok
}
