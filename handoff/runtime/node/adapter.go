package node

import (
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/handoff/runtime/js"
)

// Adapter has the folders that may have the adapter's files.
type Adapter []assets.Folder

// New returns the adapter.
func New() Adapter { return js.Bundle.Folders() }

// entry is the file that Node is told to require.
const entry = "adapter.cjs"

// Script is the path of the entry.
type Script string

// Unpack returns the entry, beside which the adapter's other files are.
func (a Adapter) Unpack() (Script, error) {
	dir, err := js.Bundle.Unpack(a)
	return Script(filepath.Join(dir, entry)), err
}

// Name returns the name of the folder, which says which adapter is meant.
func (s Script) Name() string { return filepath.Base(filepath.Dir(string(s))) }
