//go:build !linux

package record

func boot() string      { return "unknown" }
func namespace() string { return "" }
