//go:build !linux

package watch

// remoteKind: not asked; --poll says so by hand.
func remoteKind(string) string { return "" }
