package main

import (
	"encoding/json"
	"runtime"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// tracers are the functions that end the tracing of a script's program.
var tracers sync.Map // *testscript.TestScript → func()

// trace: stops the process that serves, as gdb and delve do, until untrace.
func trace(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(ts.Exec("hotswap", "status", "--json"))
	var st supervisor.Status
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &st))
	pid := 0
	for _, g := range st.Generations {
		if g.ID == st.Generation {
			pid = g.PID
		}
	}
	attached, end, ended := make(chan error, 1), make(chan struct{}), make(chan struct{})
	go func() { // all that is asked of a tracee must come from one thread (ptrace(2))
		defer close(ended)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := unix.PtraceAttach(pid)
		if err == nil {
			_, err = unix.Wait4(pid, nil, unix.WALL, nil)
		}
		if attached <- err; err == nil {
			<-end
			if unix.PtraceDetach(pid) != nil { // the process was killed, and waits for its tracer
				_, _ = unix.Wait4(pid, nil, unix.WALL, nil)
			}
		}
	}()
	ts.Check(<-attached)
	stop := sync.OnceFunc(func() { close(end); <-ended })
	tracers.Store(ts, stop)
	ts.Defer(stop)
}

func untrace(ts *testscript.TestScript, _ bool, _ []string) {
	stop, ok := tracers.LoadAndDelete(ts)
	if !ok {
		ts.Fatalf("nothing is traced")
	}
	stop.(func())()
}
