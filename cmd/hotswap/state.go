package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/supervisor/store"
	"github.com/hotswap-dev/hotswap/supervisor/store/statefile"
)

// openState returns the store of what programs give hotswap to keep. A parent has the file
// open until its child takes over.
func openState(o options.Options, isChild bool) (*store.Store, error) {
	if o.StateFile == "" || isChild {
		return store.New(store.Limits{}), nil
	}
	file, err := statefile.Open(o.StateFile)
	if err != nil {
		return nil, exit.Unavailable(fmt.Errorf("--state-file %s: %w", o.StateFile, err))
	}
	s, err := store.Open(store.Limits{}, file)
	if err != nil {
		_ = file.Close()
		return nil, exit.Unavailable(fmt.Errorf("--state-file %s: %w", o.StateFile, err))
	}
	return s, nil
}

// stateFiles returns what --ignore would say of the files that openState writes.
func stateFiles(o options.Options) []string {
	path, err := filepath.Abs(o.StateFile)
	if info, wrong := os.Stat(path); err != nil || o.StateFile == "" || wrong == nil && info.IsDir() {
		return nil
	}
	path = quoteGlob.ReplaceAllString(path, `\$0`)
	return []string{path, path + ".new"}
}

var quoteGlob = regexp.MustCompile(`[*?{}\[\]\\!]`)
