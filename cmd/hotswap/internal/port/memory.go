// Package port gives each folder a port of its own, and each port in the code of a worktree's programs another one. A
// file of the user remembers them, for as long as the folder exists, so that each worktree of a project keeps its URLs.
// A lock keeps two hotswaps that start at once from one port.
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
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

const maxRemembered = 1000 // ports

// Memory is the path of the file that remembers the ports: by the folder that has it in PORT, or by ":3000 " and the
// worktree in whose code 3000 stands.
type Memory string

// Choose returns the port of a folder, which is a physical path, or of another key: the port that it had before, or
// else the first free one from from on. taken reports whether anybody has a port now. An error says why the port is not
// remembered; the choice counts all the same.
func (m Memory) Choose(key string, from int, taken func(port int) bool) (c Choice, err error) {
	err = m.change(func(all map[string]int) {
		own := all[key]
		delete(all, key)
		if own < from || taken(own) {
			maps.DeleteFunc(all, func(key string, _ int) bool {
				_, dir, _ := strings.Cut(key, "/")
				_, err := os.Stat("/" + dir)
				return errors.Is(err, fs.ErrNotExist)
			})
		}
		c = choose(own, slices.Collect(maps.Values(all)), from, taken)
		switch {
		case c.Taken != 0:
			all[key] = own
		case c.Port != 0:
			all[key] = c.Port
		}
	})
	if c.Port == 0 {
		c = choose(0, nil, from, taken)
	}
	return c, err
}

// change changes what is remembered. What cannot be read is an error, and so is too much.
func (m Memory) change(how func(all map[string]int)) error {
	err := scratch.MakeState(filepath.Dir(string(m)))
	if err == nil {
		err = lockedfile.Transform(string(m), func(text []byte) ([]byte, error) {
			all, err := parse(text)
			before := maps.Clone(all)
			how(all)
			switch {
			case err != nil:
				return nil, fmt.Errorf("%w; remove this file", err)
			case maps.Equal(all, before):
				return text, nil
			case len(all) > max(len(before), maxRemembered):
				return nil, fmt.Errorf("it has %d ports: remove what is not needed", len(before))
			}
			return json.MarshalIndent(all, "", "  ")
		})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", m, err)
	}
	return nil
}

func parse(text []byte) (all map[string]int, err error) {
	all = map[string]int{}
	if len(text) > 0 {
		err = json.Unmarshal(text, &all)
	}
	return all, err
}
