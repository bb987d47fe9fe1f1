package bun

import (
	"embed"
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
)

//go:embed site
var scripts embed.FS

// Variable marks a Bun process that is to load the adapter, which removes it.
const Variable = "HOTSWAP_BUN"

var config = modules.Config{
	Name: "bun", Scripts: scripts, Folder: "site", Variable: Variable, Silent: true,
	Loader: "BUN_OPTIONS",
	// Bun loads it before what the user preloads. Bun wants '=' there.
	Entry: func(site string) string { return "--preload=" + filepath.Join(site, "hotswap.mjs") },
	// Bun passes quotes on as a part of the option's value, and knows no escapes there.
	Separators: " \t\n\v\f\r\"'",
}

// New returns a transport that has each generation's Bun processes load the adapter.
func New() *modules.Transport { return modules.New(config, nil) }
