package shim

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// OnOwnThread runs f on an OS thread that ends after it, and with it whatever f
// did to the thread. The process's first thread is not taken: Go's runtime
// lets every thread end whose goroutine ended locked to it, except that one
// (runtime.mexit), which would sleep on with f's filter.
func OnOwnThread(f func()) {
	done := make(chan struct{})
	var run func()
	run = func() {
		runtime.LockOSThread() // and never unlocked: the thread goes with the goroutine
		if unix.Gettid() == unix.Getpid() {
			go run() // on another one, for this is held
			<-done
			runtime.UnlockOSThread()
			return
		}
		defer close(done)
		f()
	}
	go run()
	<-done
}
