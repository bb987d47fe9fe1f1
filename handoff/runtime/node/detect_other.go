//go:build !linux

package node

// Missed finds nothing: other processes' environments cannot be read here.
func (a *Session) WithoutAdapter() (pid int, options string) { return 0, "" }

// Barred likewise.
func (a *Session) Restricted() (pid int) { return 0 }

func (a *Session) strangers() bool { return false }
