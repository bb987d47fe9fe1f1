package scratch

import (
	"fmt"
	"os"
	"path/filepath"
)

// Bindable returns a path by which a socket can be bound at name in dir, and which tells nobody where that
// is: /proc/net/unix shows to every user the path that bind(2) was given, and nothing else leads to the
// socket. done is called when the socket is bound.
func Bindable(dir, name string) (path string, done func()) {
	f, err := os.Open(dir)
	if err == nil {
		path = fmt.Sprintf("/proc/self/fd/%d", f.Fd())
		if _, err = os.Stat(path); err == nil {
			return filepath.Join(path, name), func() { _ = f.Close() }
		}
		_ = f.Close()
	}
	return filepath.Join(dir, name), func() {} // no /proc: whoever finds it is turned away
}
