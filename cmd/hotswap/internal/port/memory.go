// Package port gives each folder a port of its own. A file of the user remembers which, for as long as the folder exists,
// so that each worktree of a project keeps its URL. A lock keeps two hotswaps that start at once from one port.
package port

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

const maxFolders = 1000 // that are remembered

// Memory is the path of the file that remembers the ports.
type Memory string

// Choose returns the port of a folder, which is a physical path: the port that it had before, or else the first free one
// from from on. taken reports whether anybody has a port now. An error says why the port is not remembered; the choice
// counts all the same.
func (m Memory) Choose(folder string, from int, taken func(port int) bool) (c Choice, err error) {
	err = scratch.MakeState(filepath.Dir(string(m)))
	if err == nil {
		err = lockedfile.Transform(string(m), func(text []byte) (_ []byte, err error) {
			c, text, err = remember(text, folder, from, taken)
			return text, err
		})
	}
	if err == nil {
		return c, nil
	}
	if c.Port == 0 {
		c = choose(0, nil, from, taken)
	}
	return c, fmt.Errorf("%s: %w", m, err)
}

// remember returns the port of a folder, and the new content of the memory's file.
func remember(text []byte, folder string, from int, taken func(port int) bool) (c Choice, _ []byte, err error) {
	all := map[string]int{}
	if len(text) > 0 {
		err = json.Unmarshal(text, &all)
	}
	own := all[folder]
	delete(all, folder)
	if own < from || taken(own) {
		maps.DeleteFunc(all, func(dir string, _ int) bool {
			_, err := os.Stat(dir)
			return errors.Is(err, fs.ErrNotExist)
		})
	}
	c = choose(own, slices.Collect(maps.Values(all)), from, taken)
	switch {
	case err != nil:
		return c, nil, fmt.Errorf("%w; remove this file", err)
	case c.Port == 0 || c.Port == own || c.Taken != 0:
		return c, text, nil
	case len(all) >= maxFolders:
		return c, nil, fmt.Errorf("it has the ports of %d folders: remove what is not needed", len(all))
	}
	all[folder] = c.Port
	text, err = json.MarshalIndent(all, "", "  ")
	return c, text, err
}
