package ruby

import (
	"embed"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

//go:embed site/*.rb
var scripts embed.FS

// Variables that a Ruby process of the program gets, and removes.
const (
	Variable     = "HOTSWAP_RUBY"      // the folder of its report
	HoldVariable = "HOTSWAP_RUBY_HOLD" // the folder of a standby
	optVar       = "RUBYOPT"
)

func newTransport(tmp *scratch.Folder) *modules.Transport {
	return modules.New(modules.Config{
		Name: "ruby", Scripts: scripts, Folder: "site", Variables: []string{Variable, HoldVariable},
		Separators: " \t\n\v\f\r", Environ: environ,
	}, tmp)
}

// environ is env with the script first in RUBYOPT, which knows no quotes.
func environ(env []string, site, dir string) ([]string, error) {
	return modules.Prepend(env, optVar, "-r"+filepath.Join(site, "hotswap.rb"), " ", Variable+"="+dir)
}
