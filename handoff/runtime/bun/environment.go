package bun

import (
	"path/filepath"

	"github.com/hotswap-dev/hotswap/handoff/runtime/js"
	"github.com/hotswap-dev/hotswap/handoff/runtime/reports"
)

// Variables that a Bun process of the program gets, and removes.
const (
	Variable     = "HOTSWAP_BUN"      // the folder of its report
	HoldVariable = "HOTSWAP_BUN_HOLD" // the folder of a standby
)

var config = reports.Config{
	Name: "bun", Scripts: js.Files, Folder: ".", Variable: Variable, HoldVariable: HoldVariable,
	Loader: "BUN_OPTIONS",
	// Bun loads it before what the user preloads. Bun wants '=' there.
	Entry: func(scripts string) string { return "--preload=" + filepath.Join(scripts, "bun/hotswap.mjs") },
	// Bun passes quotes on as a part of the option's value, and knows no escapes there.
	Separators: " \t\n\v\f\r\"'",
}
