package python

import (
	"embed"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

//go:embed site/*.py
var scripts embed.FS

// Variables that a Python process of the program gets, and takes away.
const (
	Variable     = "HOTSWAP_PYTHON"      // the folder for what it tells
	HoldVariable = "HOTSWAP_PYTHON_HOLD" // the folder of a standby
	pathVar      = "PYTHONPATH"
)

// newTransport has each generation's Python processes tell what they load.
func newTransport(tmp *scratch.Folder) *modules.Transport {
	site, err := fs.Sub(scripts, "site")
	if err != nil {
		panic(err) // no valid path
	}
	return modules.New(modules.Config{Name: "python", Scripts: site, Variables: []string{Variable, HoldVariable}, Separators: string(filepath.ListSeparator), Environ: environ}, tmp)
}

// environ is env with our folder first in PYTHONPATH.
func environ(env []string, site, dir string) ([]string, error) {
	at := slices.IndexFunc(env, func(kv string) bool { return strings.HasPrefix(kv, pathVar+"=") })
	if at < 0 {
		return append(env, pathVar+"="+site, Variable+"="+dir), nil
	}
	switch given := env[at][len(pathVar)+1:]; {
	case given == "": // which is not the same as none, and could not be told from it
		return nil, errors.New("PYTHONPATH is the empty text")
	case given != site && !strings.HasPrefix(given, site+string(filepath.ListSeparator)): // of a hotswap above
		env[at] = pathVar + "=" + site + string(filepath.ListSeparator) + given
	}
	return append(env, Variable+"="+dir), nil
}
