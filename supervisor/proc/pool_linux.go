package proc

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"syscall"
)

// pool returns processes that their masters end, and all processes below them. A worker of a
// pool (Celery, rq) is a fork of its master, the master handles sig, and the worker has made its
// own arrangements for signals. So sig would end the worker, and the job in it, at once. A fork
// that handles what its parent does is not meant: it may wait for sig just as its parent does.
func pool(tree []int, sig syscall.Signal, ancestors func(int) []int) map[int]bool {
	out := map[int]bool{}
	for _, pid := range tree {
		if above := ancestors(pid); len(above) > 0 && forked(pid, above[0]) && !shell(above[0]) &&
			Handles(above[0], sig) && !slices.Equal(dispositions(pid), dispositions(above[0])) {
			out[pid] = true
		}
	}
	for _, pid := range tree {
		if slices.ContainsFunc(ancestors(pid), func(p int) bool { return out[p] }) {
			out[pid] = true
		}
	}
	return out
}

// forked reports whether pid is a fork of parent, without an exec since: the kernel puts the
// stack at a random place at each exec. The kernel tells it only to who may trace the process.
func forked(pid, parent int) bool {
	its, err := readStat(pid)
	above, wrong := readStat(parent)
	return err == nil && wrong == nil && its.stack != 0 && its.stack == above.stack
}

// shell reports whether a process is a shell. Each shell resets what it traps in its subshells, and does not end them.
func shell(pid int) bool {
	name, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	return slices.Contains([]string{"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "fish", "busybox"}, string(bytes.TrimSpace(name)))
}

// Handles reports whether a process has a handler for sig.
func Handles(pid int, sig syscall.Signal) bool {
	masks := dispositions(pid)
	return len(masks) == 2 && masks[1]&(1<<(uint(sig)-1)) != 0
}

// dispositions returns the signals that a process ignores, and those that it handles: SigIgn and
// SigCgt of proc_pid_status(5).
func dispositions(pid int) (masks []uint64) {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	for line := range bytes.Lines(b) {
		name, value, _ := bytes.Cut(line, []byte{':'})
		if string(name) == "SigIgn" || string(name) == "SigCgt" {
			if mask, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 16, 64); err == nil {
				masks = append(masks, mask)
			}
		}
	}
	return masks
}

// HasShell reports whether one of the processes is a shell.
func HasShell(tree []int) bool { return slices.ContainsFunc(tree, shell) }
