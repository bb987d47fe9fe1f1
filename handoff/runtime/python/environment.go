package python

import (
	"embed"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/reports"
)

//go:embed site/*.py
var scripts embed.FS

// Variables that a Python process of the program gets, and removes.
const (
	Variable     = "HOTSWAP_PYTHON"      // the folder of its report
	HoldVariable = "HOTSWAP_PYTHON_HOLD" // the folder of a standby
)

var config = reports.Config{
	Name: "python", Scripts: scripts, Folder: "site", Variable: Variable, HoldVariable: HoldVariable,
	Loader:     "PYTHONPATH",
	Entry:      func(site string) string { return site },
	Separators: string(filepath.ListSeparator),
}
