package node

import (
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/handoff/runtime/js"
)

// entry is the file that Node is told to require.
const entry = "adapter.cjs"

// unpacked is the path of the entry, where the adapter's files are there.
func unpacked(places []assets.Place) (string, error) {
	dir, err := assets.Files(js.Files, ".", "node", places)
	return filepath.Join(dir, entry), err
}
