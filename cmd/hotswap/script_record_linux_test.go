package main

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// recorded: waits until the record of the hotswap in the background names its keepers. The
// record follows the lines that scripts wait for.
func recorded(ts *testscript.TestScript, _ bool, _ []string) {
	dir, pid := record.Dir(filepath.Join(ts.Getenv("XDG_RUNTIME_DIR"), "hotswap")), current(ts).hotswap()
	for end := time.Now().Add(patience); !namesKeepers(dir, pid); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("no record names the keepers %v of process %d", proc.Children(pid), pid)
		}
	}
}

func namesKeepers(dir record.Dir, hotswap int) bool {
	keepers := proc.Children(hotswap)
	return len(keepers) > 0 && slices.ContainsFunc(dir.All(), func(r record.Record) bool {
		return r.PID == hotswap && !slices.ContainsFunc(keepers, func(pid int) bool {
			return !slices.ContainsFunc(r.Keepers, func(k proc.Identity) bool { return k.PID == pid })
		})
	})
}

// kill-with-keepers: SIGKILL to the hotswap in the background and to all its
// children, none of which notices the others' end.
func killWithKeepers(ts *testscript.TestScript, _ bool, _ []string) {
	recorded(ts, false, nil)
	d := current(ts)
	ts.Check(d.signal(syscall.SIGSTOP))
	// each stops for itself, and would end what a killed keeper leaves
	for slices.ContainsFunc(procfs.Threads(d.pid), func(tid int) bool {
		stat, err := procfs.Thread(d.pid, tid).Stat()
		return err == nil && stat.State() != 'T'
	}) {
	}
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
	<-d.done // one that is still being taken apart counts as alive to the next
}
