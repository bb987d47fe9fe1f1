package ruby

import (
	"embed"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
)

//go:embed site/*.rb
var scripts embed.FS

// Variables that a Ruby process of the program gets, and removes.
const (
	Variable     = "HOTSWAP_RUBY"      // the folder of its report
	HoldVariable = "HOTSWAP_RUBY_HOLD" // the folder of a standby
)

var config = modules.Config{
	Name: "ruby", Scripts: scripts, Folder: "site", Variable: Variable, HoldVariable: HoldVariable,
	Loader: "RUBYOPT",
	Entry:  func(site string) string { return "-r" + filepath.Join(site, "hotswap.rb") },
	// Ruby knows no quotes there.
	Separators: " \t\n\v\f\r",
}
