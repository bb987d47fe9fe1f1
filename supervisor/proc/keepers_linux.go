package proc

import (
	"errors"
	"os"
	"slices"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// ownBinary is what we run as a keeper or shim: by this name, not by its path,
// because an upgrade may replace the file while we run.
const ownBinary = "/proc/self/exe"

// titlePrefix is how keepers begin in a process list.
const titlePrefix = "hotswap: "

// keepers are the children that this package has started and not yet waited
// for. With it one can tell what fell to us when a keeper was killed.
var keepers = keeperSet{pids: map[int]string{}}

type keeperSet struct {
	mu   sync.Mutex     // held over fork and wait: at any time a child of ours is known here or is none of ours
	pids map[int]string // with their titles

	// Where foreign processes may be our children, those of generations are
	// told by the marker; see [BecomeSubreaper].
	crowded bool
	marker  string
}

func (k *keeperSet) fork(argv []string, attr *syscall.ProcAttr) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	pid, err := syscall.ForkExec(ownBinary, argv, attr)
	if err == nil {
		k.pids[pid] = argv[0]
	}
	return pid, err
}

func (k *keeperSet) hasLocked(pid int) bool {
	_, ok := k.pids[pid]
	return ok
}

// titled are those that were started with that title.
func (k *keeperSet) titled(title string) []int {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []int
	for pid, name := range k.pids {
		if name == titlePrefix+title {
			out = append(out, pid)
		}
	}
	return out
}

// reap waits for a keeper's end, and says how it was.
func (k *keeperSet) reap(pid int) unix.WaitStatus {
	for errors.Is(unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	end := wait(pid)
	delete(k.pids, pid)
	return end
}

// wake lets a keeper go on that somebody has stopped: an order, the kill at the
// drain's deadline above all, must not wait for ever.
func (k *keeperSet) wake(pid int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.hasLocked(pid) { // not reaped: the number is its own
		_ = unix.Kill(pid, unix.SIGCONT)
	}
}

// EndStrays ends what a child left behind that is no keeper of ours: a younger
// hotswap that failed had keepers of its own, which fell to us with it. It
// returns when nothing is left.
func EndStrays() { keepers.killStrays() }

// foreignLocked tells whether a child of ours could be taken for a stray and is
// none: it was here before.
func (k *keeperSet) foreignLocked() bool {
	return slices.ContainsFunc(kids()(os.Getpid()), func(pid int) bool {
		group, err := unix.Getpgid(pid)
		return err == nil && group != unix.Getpgrp() && !k.hasLocked(pid)
	})
}

// killStrays ends the processes that a killed keeper had below it and that
// fell to us as subreaper. A child of ours is one if it is no keeper and not
// in our process group: what os/exec starts stays there unless told otherwise.
// Where that is not certain it has to have the marker.
// When one dies, its own children fall to us in turn.
func (k *keeperSet) killStrays() {
	for {
		found := false
		k.mu.Lock()
		for _, pid := range kids()(os.Getpid()) {
			group, err := unix.Getpgid(pid)
			if err != nil || group == unix.Getpgrp() || k.hasLocked(pid) || k.crowded && !marked(pid, k.marker) {
				continue
			}
			found = true
			for _, below := range Descendants(pid) {
				_ = unix.Kill(below, unix.SIGKILL)
			}
			_ = unix.Kill(pid, unix.SIGKILL)
			wait(pid)
		}
		k.mu.Unlock()
		if !found {
			return
		}
	}
}

// wait is for one child: never wait4(-1) in a process that waits for others
// too.
func wait(pid int) (ws unix.WaitStatus) {
	for {
		if _, err := unix.Wait4(pid, &ws, 0, nil); !errors.Is(err, unix.EINTR) {
			return ws
		}
	}
}
