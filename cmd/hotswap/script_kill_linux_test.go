package main

import (
	"os"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// kill-with-keepers: SIGKILL to the hotswap in the background and to all its
// children, none of which notices the others' end.
func killWithKeepers(ts *testscript.TestScript, _ bool, _ []string) {
	recorded(ts, false, nil)
	d := current(ts)
	ts.Check(d.signal(syscall.SIGSTOP))
	keepers := proc.Children(d.pid)
	for _, pid := range proc.Descendants(d.pid) { // nobody else may end what they leave
		if p, err := os.FindProcess(pid); err == nil {
			ts.Defer(func() { _ = p.Kill() })
		}
	}
	for _, pid := range keepers {
		ts.Check(syscall.Kill(pid, syscall.SIGKILL))
	}
	ts.Check(d.signal(syscall.SIGKILL))
	// One that is still being taken apart counts as alive to the next.
	select {
	case <-d.done:
	case <-time.After(patience):
		ts.Fatalf("it does not end")
	}
}
