package thread

import (
	"errors"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Own runs f on an OS thread that ends afterwards, and with it whatever f did to the thread. It
// avoids the process's first thread: Go ends every thread whose goroutine ends locked to it except that one
// (runtime.mexit), which would sleep on with what f did.
func Own(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked, so the thread ends with the goroutine
		if unix.Gettid() == unix.Getpid() {
			Own(f) // on another thread, because this one stays locked meanwhile
			runtime.UnlockOSThread()
			return
		}
		f()
	}()
	<-done
}

// Become gives the calling thread, which must be one of Own, the user's rights to files (path_resolution(7)). nil
// leaves its rights as they are. Unlike the functions of package syscall, those of package unix change this thread
// only.
func Become(user *syscall.Credential) error {
	if user == nil {
		return nil
	}
	groups := make([]int, len(user.Groups))
	for i, g := range user.Groups {
		groups[i] = int(g)
	}
	err := errors.Join(unix.Setgroups(groups), unix.Setfsgid(int(user.Gid)), unix.Setfsuid(int(user.Uid)))
	if uid, _ := unix.SetfsuidRetUid(-1); err == nil && uid != int(user.Uid) { // setfsuid(2) reports no failure
		return unix.EPERM
	}
	return err
}
