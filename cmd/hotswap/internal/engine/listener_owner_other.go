//go:build !linux

package engine

// ListenerOwner is not known here.
func ListenerOwner(uint16, uint64) (pid int, name, dir string) { return 0, "", "" }
