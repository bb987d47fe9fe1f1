package proc

import (
	"slices"
	"strings"
	"syscall"

	"github.com/hotswap-dev/hotswap/internal/procfs"
)

func shell(pid int) bool {
	return slices.Contains(strings.Fields("sh bash dash ash ksh mksh zsh fish busybox"), procfs.Of(pid).Name())
}

// golang reports whether a process is Go's command. While a program of `go run` runs, it handles only SIGINT: it waits
// for the program, and removes its folder in /tmp. But `go tool` passes each signal on.
func golang(pid int) bool {
	p := procfs.Of(pid)
	return p.Name() == "go" && !slices.Contains(p.Words("cmdline"), "tool")
}

// Handles reports whether a process has a handler for sig.
func Handles(pid int, sig syscall.Signal) bool { return in(pid, "SigCgt", sig) }

func ignores(pid int, sig syscall.Signal) bool { return in(pid, "SigIgn", sig) }

// in reports whether sig is in a set of /proc/PID/status (proc_pid_status(5)).
func in(pid int, set string, sig syscall.Signal) bool {
	b, _ := procfs.Of(pid).Read("status")
	return procfs.Number(b, set, 16)&(1<<(uint(sig)-1)) != 0
}
