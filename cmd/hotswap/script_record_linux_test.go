package main

import (
	"path/filepath"
	"slices"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

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
