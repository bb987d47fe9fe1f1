package main

import (
	"os"
	"path/filepath"
	"regexp"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
)

// stateFiles returns what --ignore would say of the files of the state.
func stateFiles(o options.Options) []string {
	path, err := filepath.Abs(o.StateFile)
	if info, wrong := os.Stat(path); err != nil || o.StateFile == "" || wrong == nil && info.IsDir() {
		return nil
	}
	path = quoteGlob.ReplaceAllString(path, `\$0`)
	return []string{path, path + ".new"}
}

var quoteGlob = regexp.MustCompile(`[*?{}\[\]\\!]`)
