package node

import (
	"embed"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/unpack"
)

//go:embed *.cjs
var scripts embed.FS

// entry is the file that Node is told to require.
const entry = "adapter.cjs"

// unpacked is the path of the entry, where the adapter's files are there.
func unpacked(places []unpack.Place) (string, error) {
	dir, err := unpack.Files(scripts, "node", places)
	return filepath.Join(dir, entry), err
}
