package standby

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Managed are files that say which packages a program of Node has, and how package managers run it.
var Managed = strings.Fields(`
	package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml pnpm-workspace.yaml .pnpmfile.cjs
	bun.lock bun.lockb bunfig.toml .npmrc .yarnrc .yarnrc.yml .pnp.cjs .pnp.loader.mjs
	.node-version .nvmrc .tool-versions
	node_modules/.package-lock.json node_modules/.modules.yaml node_modules/.yarn-integrity
	node_modules/.yarn-state.yml .env*`)

// Resolved has besides what decides what a program imports, and how that is compiled.
var Resolved = append(strings.Fields("node_modules tsconfig*.json jsconfig.json .bunfig.toml"), Managed...)

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
