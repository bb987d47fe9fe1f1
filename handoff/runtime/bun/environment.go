package bun

import (
	"embed"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

//go:embed site/*.cjs
var scripts embed.FS

// Variables that a Bun process of the program gets, and removes.
const (
	Variable     = "HOTSWAP_BUN"      // the folder of its report
	HoldVariable = "HOTSWAP_BUN_HOLD" // the folder of a standby
	optVar       = "BUN_OPTIONS"
)

func newTransport(tmp *scratch.Folder) *modules.Transport {
	return modules.New(modules.Config{
		Name: "bun", Scripts: scripts, Folder: "site", Variables: []string{Variable, HoldVariable},
		// Bun passes quotes on as a part of the option's value, and knows no escapes there.
		Separators: " \t\n\v\f\r\"'", Environ: environ,
	}, tmp)
}

// environ is env with the script first in BUN_OPTIONS, so that Bun loads it before what the
// user preloads. Bun wants '=' there.
func environ(env []string, site, dir string) ([]string, error) {
	return modules.Prepend(env, optVar, "--preload="+filepath.Join(site, "hotswap.cjs"), " ", Variable+"="+dir)
}
