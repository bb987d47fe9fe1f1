//go:build !linux

package proc

import (
	"context"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/ending"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// ownBinary runs keepers and sets LISTEN_PID. Nothing leads to the file that runs, if another one has its path by now.
var ownBinary, _ = os.Executable()

// awaitChild waits until a child has ended, and leaves the dead child for wait4(2).
func awaitChild(pid int) {
	for !ending.Wait(context.Background(), pid) && !zombie(pid) { // no descriptor is left
		time.Sleep(wait.Poll)
	}
}

// signalIf sends sig to the process that has this ID now, if that is the process meant; ESRCH: it is not. Only Linux
// signals by a descriptor: here microseconds lie between the answer of meant and the signal.
func signalIf(meant func() bool, pid int, sig syscall.Signal) error {
	if pid <= 0 || !meant() {
		return unix.ESRCH
	}
	return unix.Kill(pid, sig)
}

// install does nothing: no transport asks for a filter here.
func (k *keeper) install() {}

// here reports whether the process is of this pid namespace: there is one only.
func here(int) bool { return true }

// What follows is not known here.

func Listening([]int) map[int]bool { return nil }

func hasChildren() bool { return false }

func children(int) ([]int, error) { return nil, nil }

func takes(int, syscall.Signal) bool { return false }

// Retitle does nothing: the arguments stay in the process list.
func Retitle(string) []string { return os.Args }
