package main

import (
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// kill-with-keepers: SIGKILL to the hotswap in the background and to all its
// children, none of which comes to do anything in between.
func killWithKeepers(ts *testscript.TestScript, _ bool, _ []string) {
	d := current(ts)
	ts.Check(d.signal(syscall.SIGSTOP))
	var keepers []int
	for _, pid := range proc.Children(d.pid) {
		keepers = append(keepers, pid)
		ts.Check(syscall.Kill(pid, syscall.SIGSTOP))
	}
	if len(keepers) == 0 {
		ts.Fatalf("there is no keeper")
	}
	ts.Check(d.signal(syscall.SIGKILL))
	for _, pid := range keepers {
		ts.Check(syscall.Kill(pid, syscall.SIGKILL))
	}
}
