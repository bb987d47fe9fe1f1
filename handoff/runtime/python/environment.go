package python

import (
	"embed"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

//go:embed site/*.py
var scripts embed.FS

// Variables that a Python process of the program gets, and removes.
const (
	Variable     = "HOTSWAP_PYTHON"      // the folder of its report
	HoldVariable = "HOTSWAP_PYTHON_HOLD" // the folder of a standby
	pathVar      = "PYTHONPATH"
)

func newTransport(tmp *scratch.Folder) *modules.Transport {
	return modules.New(modules.Config{
		Name: "python", Scripts: scripts, Folder: "site", Variables: []string{Variable, HoldVariable},
		Separators: string(filepath.ListSeparator), Environ: environ,
	}, tmp)
}

// environ is env with the folder of the scripts first in PYTHONPATH.
func environ(env []string, site, dir string) ([]string, error) {
	return modules.Prepend(env, pathVar, site, string(filepath.ListSeparator), Variable+"="+dir)
}
