//go:build !linux

package node

// Missed finds nothing: other processes' environments cannot be read here.
func (a *Adapters) Missed() (pid int, options string) { return 0, "" }

// Barred likewise.
func (a *Adapters) Barred() (pid int) { return 0 }

func (a *Adapters) strangers() bool { return false }
