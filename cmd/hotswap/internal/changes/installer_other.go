//go:build !linux

package changes

// installer: only Linux shows what other processes run, and where.
func installer(string) (name string, own bool) { return "", false }
