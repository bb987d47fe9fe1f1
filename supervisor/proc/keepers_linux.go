package proc

import (
	"errors"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ownBinary is what we run as a keeper, or to set LISTEN_PID: by this name, not by its path,
// because an upgrade may replace the file while we run.
const ownBinary = "/proc/self/exe"

// titlePrefix is how keepers begin in a process list.
const titlePrefix = "hotswap: "

// keepers are the children that this package has started and not yet waited
// for. With it one can tell what fell to us when a keeper was killed.
var keepers = keeperSet{pids: map[int]kept{}, marked: marked}

// kept is a keeper as it was when it was forked.
type kept struct {
	title string
	id    Identity
}

type keeperSet struct {
	// marked is the function of that name, but for tests. It may take as long as the
	// process hangs in the kernel that it looks into.
	marked func(pid int, marker string) bool

	// mu is held over fork and wait, so at any time a child of ours is known here or is
	// none of ours. The loop waits for it (wake): it is never held over a look into a
	// process's memory.
	mu   sync.Mutex
	pids map[int]kept

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
		id, _ := Identify(pid) // not waited for: the number is its own
		k.pids[pid] = kept{argv[0], id}
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
	for pid, keeper := range k.pids {
		if keeper.title == titlePrefix+title {
			out = append(out, pid)
		}
	}
	return out
}

// Keepers are the keepers of this process, in the order of their numbers.
func Keepers() []Identity {
	keepers.mu.Lock()
	defer keepers.mu.Unlock()
	var out []Identity
	for _, pid := range slices.Sorted(maps.Keys(keepers.pids)) {
		out = append(out, keepers.pids[pid].id)
	}
	return out
}

// reap waits for a keeper's end, and says how it was. It sets ended before the number
// can be another's.
func (k *keeperSet) reap(pid int, ended *atomic.Bool) unix.WaitStatus {
	for errors.Is(unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	ended.Store(true)
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
// fell to us as subreaper. When one dies, its own children fall to us in turn; so it
// looks until there is none, and more slowly the longer that takes.
func (k *keeperSet) killStrays() {
	dying := map[Identity]bool{}
	for pause := time.Millisecond; k.strike(dying); pause = min(2*pause, killLater) {
		time.Sleep(pause)
	}
}

// strike sends SIGKILL to all strays and to what is below them, and waits for those
// that are dead. It reports whether there were any. dying are those of earlier looks: a
// process that dies gives its environment up first.
func (k *keeperSet) strike(dying map[Identity]bool) (found bool) {
	for _, pid := range kids()(os.Getpid()) {
		var id Identity
		h, err := open(pid, func() bool {
			id, _ = Identify(pid)
			stray, certain, marker := k.look(pid)
			return stray && (certain || dying[id] || k.marked(pid, marker))
		})
		if err != nil {
			continue
		}
		found, dying[id] = true, true
		for _, below := range Descendants(pid) {
			signalBelow(below, unix.SIGKILL)
		}
		_ = h.Signal(unix.SIGKILL)
		h.Close()
		k.reapStray(pid)
	}
	return found
}

// look reports whether the process may be a stray, and whether that is certain. If not,
// a stray has the marker.
func (k *keeperSet) look(pid int) (stray, certain bool, marker string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.strayLocked(pid), !k.crowded, k.marker
}

// strayLocked reports whether the process is a child of ours, but no keeper and not in
// our process group: what os/exec starts stays there unless told otherwise.
func (k *keeperSet) strayLocked(pid int) bool {
	group, err := unix.Getpgid(pid)
	return err == nil && group != unix.Getpgrp() && !k.hasLocked(pid) && parent(pid) == os.Getpid()
}

// reapStray waits for a stray that is dead. The number may be a keeper's by now.
func (k *keeperSet) reapStray(pid int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.strayLocked(pid) {
		_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
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
