package proc

import (
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// keepersWithin is how long keepers may take to end what they keep: the grace,
// and a while to be scheduled on a busy machine. A test is less patient.
var keepersWithin = orphanGrace + 3*time.Second

const (
	// lookAgain is the pause between two looks at processes that are to end.
	lookAgain = 20 * time.Millisecond

	// killedWithin is how long a process may take to die of SIGKILL. One that
	// hangs in the kernel is left.
	killedWithin = 3 * time.Second
)

// EndLeftovers ends what a hotswap that was killed left: the processes whose
// environment holds its marker, NAME=VALUE, those that are one of roots, and
// what is below either; never this process or one above it. Keepers that live
// do their work first. It returns how many processes it ended, when they have:
// SIGTERM, and SIGKILL two seconds later.
//
// False: it did nothing, for a keeper lives on, which it does not when its
// hotswap is dead.
func EndLeftovers(marker string, roots []Identity) (n int, ok bool) {
	for end := time.Now().Add(keepersWithin); keptBy(marker); time.Sleep(lookAgain) {
		if time.Now().After(end) {
			return 0, false
		}
	}
	l := leftovers{marker: marker, roots: roots, spared: lineage(), found: map[Identity]bool{}}
	l.end(unix.SIGTERM, orphanGrace)
	l.end(unix.SIGKILL, killedWithin)
	return len(l.found), true
}

// keptBy says whether a keeper with the marker lives.
func keptBy(marker string) bool {
	for _, pid := range processes() {
		if marked(pid, marker) && isKeeper(pid) {
			return true
		}
	}
	return false
}

type leftovers struct {
	marker string
	roots  []Identity
	spared map[int]bool
	found  map[Identity]bool // whether it was told to end; what has no marker is lost from sight with its parent
}

// end sends the signal to each that is left, once, and waits until none is, but
// no longer than that.
func (l leftovers) end(sig syscall.Signal, within time.Duration) {
	told := map[Identity]bool{}
	for end := time.Now().Add(within); ; time.Sleep(lookAgain) {
		l.look()
		left := false
		for id := range l.found {
			if !id.Alive() {
				continue
			}
			left = true
			if !told[id] {
				told[id] = true
				_ = id.Signal(sig)
			}
		}
		if !left || time.Now().After(end) {
			return
		}
	}
}

// look adds what is to end: they may fork meanwhile.
func (l leftovers) look() {
	add := func(id Identity) {
		if l.spared[id.PID] {
			return
		}
		l.found[id] = true
		for _, pid := range Descendants(id.PID) {
			if below, ok := Identify(pid); ok && !l.spared[pid] {
				l.found[below] = true
			}
		}
	}
	for _, id := range l.roots {
		if id.Start != 0 && id.Alive() {
			add(id)
		}
	}
	for _, pid := range processes() {
		// The number is the same process's before and after its environment was
		// read.
		if id, ok := Identify(pid); ok && marked(pid, l.marker) && id.Alive() {
			add(id)
		}
	}
}

// processes are all that can be seen.
func processes() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var out []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			out = append(out, pid)
		}
	}
	return out
}

// lineage is this process and those above it.
func lineage() map[int]bool {
	out := map[int]bool{}
	for pid := os.Getpid(); pid > 0 && !out[pid]; {
		out[pid] = true
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			break
		}
		pid, _ = parentOf(b)
	}
	return out
}

// Signal sends a signal to that process and never to another that has its
// number by now: a pidfd is bound to one process, and the start time says which.
func (i Identity) Signal(sig syscall.Signal) error {
	fd, err := unix.PidfdOpen(i.PID, 0)
	if err == nil {
		defer unix.Close(fd)
	}
	if !i.Alive() {
		return unix.ESRCH
	}
	if err == nil {
		err = unix.PidfdSendSignal(fd, sig, nil, 0)
	}
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) { // an old kernel, or forbidden in a container
		return unix.Kill(i.PID, sig)
	}
	return err
}
