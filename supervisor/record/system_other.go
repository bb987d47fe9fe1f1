//go:build !linux

package record

import "os"

func boot() string              { return "unknown" }
func namespace() string         { return "" }
func lockOwner(*os.File) string { return "" }
