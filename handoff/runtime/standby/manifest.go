package standby

import (
	"encoding/json"
	"path/filepath"
	"sync"
	"time"

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

// ReadManifest reads the package.json of a folder, again only if its state has changed: a save asks for hundreds.
// Nobody may change the maps of what it returns.
func ReadManifest(dir string) (m Manifest, ok bool) {
	path := filepath.Join(dir, "package.json")
	state := stateOf(path) // before it is read
	manifests.Lock()
	defer manifests.Unlock()
	if was, ok := manifests.read[path]; ok && was.state == state {
		return was.Manifest, was.ok
	}
	b, err := regular.Text(path)
	ok = err == nil && json.Unmarshal(b, &m) == nil
	if len(manifests.read) >= mostManifests {
		clear(manifests.read)
	}
	// What is younger may change again without another time: clocks of files are as coarse as 10 ms.
	if time.Since(time.Unix(0, state.Time)) > time.Second {
		manifests.read[path] = readManifest{m, ok, state}
	}
	return m, ok
}

const mostManifests = 4096

type readManifest struct {
	Manifest
	ok    bool
	state fileState
}

var manifests = struct {
	sync.Mutex
	read map[string]readManifest
}{read: map[string]readManifest{}}
