//go:build !linux

package node

// WithoutAdapter finds nothing, because other processes' environments cannot be read here.
func (a *Session) WithoutAdapter() (pid int, variable, options string) { return 0, "", "" }

// Restricted finds nothing either.
func (a *Session) Restricted() (pid int) { return 0 }
