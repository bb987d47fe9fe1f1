package node

import (
	"embed"
	"io/fs"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
)

//go:embed js
var embedded embed.FS

// entry is the file that Node is told to require.
const entry = "adapter.cjs"

// unpacked is the path of the entry, where the adapter's files are there.
func unpacked(places []assets.Place) (string, error) {
	scripts, err := fs.Sub(embedded, "js")
	if err != nil {
		return "", err
	}
	dir, err := assets.Files(scripts, "node", places)
	return filepath.Join(dir, entry), err
}
