package proc

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/plain"
)

// titlePrefix begins keepers' titles.
const titlePrefix = "hotswap: "

// Title returns what a process list shows of a process of hotswap in a folder; "": the current one.
func Title(what, dir string) string {
	if dir == "" {
		dir, _ = os.Getwd()
	}
	return titlePrefix + what + " in " + plain.Short(filepath.Base(dir), longestFolder)
}

const longestFolder = 60 // in bytes

// keepers are the keepers of this process. Other children may be strays: processes of a keeper that was killed.
var keepers = keeperSet{pids: map[int]Identity{}, apart: map[int]bool{}}

type keeperSet struct {
	// mu is held during fork and wait, so that every keeper is in pids. The loop locks it in Signal, so that marked is
	// never called under it: that blocks while the process hangs in the kernel.
	mu    sync.Mutex
	pids  map[int]Identity
	apart map[int]bool // of RunApart, for which others wait
	idle  *remote      // waits for a program; nil: none does

	// marker is what strays have if this process may have other children outside of its process group; "": it has none.
	// See [BecomeSubreaper].
	marker string
}

// Prepare starts a keeper, which waits for the next program. [EndIdle] ends it.
func Prepare() {
	keepers.mu.Lock()
	defer keepers.mu.Unlock()
	if keepers.idle == nil {
		keepers.idle, _ = keepers.forkLocked() // the start of the program repeats an error
	}
}

// EndIdle ends the keeper that waits for a program, if one does.
func EndIdle() {
	if r := keepers.waiting(); r != nil {
		r.end()
	}
}

// startProgram gives the program to the keeper that waits, or to a new one.
func (k *keeperSet) startProgram(spec Spec) (*remote, error) {
	if r := k.waiting(); r != nil {
		_ = unix.Kill(r.pid, unix.SIGCONT) // somebody may have stopped it
		if r.start(spec) == nil {
			return r, nil
		}
		r.end() // somebody has killed it
	}
	k.mu.Lock()
	r, err := k.forkLocked()
	k.mu.Unlock()
	if err == nil {
		err = r.start(spec)
		if err != nil {
			r.end()
		}
	}
	return r, err
}

func (k *keeperSet) waiting() *remote {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.idle
	k.idle = nil
	return r
}

// release ends the bond of a keeper and its program. It reports whether the keeper waits for another one.
func (k *keeperSet) release(p *Process, alive bool) (waits bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p.ended.Store(true)
	waits = alive && k.idle == nil
	if waits {
		k.idle = p.keeper
	}
	return waits
}

func (k *keeperSet) forkLocked() (*remote, error) {
	r, err := forkKeeper()
	if err == nil {
		id, _ := Identify(r.pid) // not waited for, so that the ID is its own
		id.PID = r.pid           // also where no descriptor is left to look
		k.pids[r.pid] = id
	}
	return r, err
}

// Keepers returns the keepers of this process, sorted by process ID.
func Keepers() []Identity {
	keepers.mu.Lock()
	defer keepers.mu.Unlock()
	var out []Identity
	for _, pid := range slices.Sorted(maps.Keys(keepers.pids)) {
		out = append(out, keepers.pids[pid])
	}
	return out
}

// KillStrays kills the processes that fell to this process when a keeper was killed. Their children then fall to it,
// too, so that it repeats until there is none, at growing intervals. It returns when none is left.
func KillStrays() {
	dying := map[Identity]bool{}
	for pause := time.Millisecond; keepers.strike(dying); pause = min(2*pause, KillLater) {
		time.Sleep(pause)
	}
}

// strike sends SIGKILL to all strays and the processes below, and reaps dead ones. It reports whether there were any.
// dying has strays of earlier rounds, whose environment may be gone already.
func (k *keeperSet) strike(dying map[Identity]bool) (found bool) {
	for _, pid := range Children(os.Getpid()) {
		id, _ := Identify(pid)
		if stray, marker := k.classify(pid); stray && (marker == "" || dying[id] || marked(pid, marker)) {
			found, dying[id] = true, true
			id.killTree()
		}
	}
	reapOrphans()
	return found
}

// killTree kills a process and those below, deepest first: who has lost its parent is found by its marker only.
func (i Identity) killTree() {
	for _, pid := range slices.Backward(Descendants(i.PID)) {
		_ = signalIf(func() bool { return below(pid, i.PID) && i.Alive() }, pid, unix.SIGKILL)
	}
	_ = i.Signal(unix.SIGKILL)
}

// classify reports whether the process may be a stray, and returns the marker that it has then; "": it is one for
// certain.
func (k *keeperSet) classify(pid int) (stray bool, marker string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.strayLocked(pid), k.marker
}

// strayLocked reports whether the process is a child, but no keeper, not of RunApart and not in our process group, in
// which os/exec leaves children by default.
func (k *keeperSet) strayLocked(pid int) bool {
	group, err := unix.Getpgid(pid)
	_, keeper := k.pids[pid]
	return err == nil && group != unix.Getpgrp() && !keeper && !k.apart[pid] && parent(pid) == os.Getpid()
}
