package options

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// longestPath is the longest path of a unix socket, without the zero behind it (unix(7)).
const longestPath = 107

func (o *Options) addListen(text string) error {
	text = strings.TrimSpace(text)
	name, isPath := strings.CutPrefix(text, "unix:")
	e, err := handoff.ParseEndpoint(text)
	mode := uint32(0)
	if isPath {
		e, mode, err = parsePath(name)
	}
	switch {
	case err != nil:
		return err
	case slices.Contains(o.Listen, e):
		return errors.New("given twice")
	}
	o.Listen = append(o.Listen, e)
	if o.ListenMode == nil {
		o.ListenMode = map[handoff.Endpoint]uint32{}
	}
	o.ListenMode[e] = mode
	return nil
}

// parsePath reads "PATH" or "PATH?mode=0660". The path is relative to the folder in which hotswap was started.
func parsePath(text string) (e handoff.Endpoint, mode uint32, err error) {
	name, query, given := strings.Cut(text, "?")
	if digits, is := strings.CutPrefix(query, "mode="); given {
		n, err := strconv.ParseUint(digits, 8, 9)
		if !is || err != nil || n == 0 {
			return e, 0, errors.New("give a mode such as unix:app.sock?mode=0660")
		}
		mode = uint32(n)
	}
	switch {
	case name == "" || name[0] == '@' || strings.HasSuffix(name, "/"):
		return e, 0, errors.New("give a path such as unix:app.sock")
	case len(name) > longestPath:
		return e, 0, fmt.Errorf("the path of a socket has at most %d bytes", longestPath)
	}
	dir, err := filepath.Abs(filepath.Dir(name))
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	e = handoff.Endpoint{Network: "unix", Path: filepath.Join(dir, filepath.Base(name))}
	if file, none := os.Lstat(e.Path); err == nil && none == nil && file.Mode().Type() != os.ModeSocket {
		err = errors.New("the file there is not a socket; remove it, or give another path")
	}
	return e, mode, err
}
