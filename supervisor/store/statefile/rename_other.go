//go:build !linux

package statefile

import "os"

// rename renames a file.
func rename(from, to string) error { return os.Rename(from, to) }
