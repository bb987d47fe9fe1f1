package node

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Missed finds a Node process of the generation into which the adapter did not come,
// since somebody on the way (cross-env, a script's NODE_OPTIONS=…) has replaced the
// options instead of adding to them; it gives what it has there. 0: there is none.
func (a *Adapters) Missed() (pid int, options string) {
	a.mu.Lock()
	tree := a.tree
	a.mu.Unlock()
	if tree == nil || a.listener == nil {
		return 0, ""
	}
	for _, pid := range tree() {
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		if err != nil || !strings.HasPrefix(filepath.Base(exe), "node") {
			continue
		}
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil {
			continue
		}
		if options, is := missed(environ, a.listener.Addr().String()); is {
			return pid, options
		}
	}
	return 0, ""
}
