package proc

import (
	"maps"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// keepersWithin is the time for keepers to end their processes. Tests change it.
var keepersWithin = orphanGrace + killedWithin

// killedWithin is the time for a process to die of SIGKILL. A process that hangs in the kernel is left.
const killedWithin = 3 * time.Second

// Leftovers describes a run whose hotswap was killed.
type Leftovers struct {
	Marker  string     // NAME=VALUE in the environment of its processes
	Since   uint64     // start time of its hotswap, as in [Identity]; 0: not known, and the marker is ignored
	Roots   []Identity // first processes of its generations
	Keepers []Identity
}

// Outcome is the result of [EndLeftovers].
type Outcome struct {
	Ended   int        // processes
	Left    []Identity // processes that do not end or may not be signalled
	Keepers []Identity // keepers that do not end; no other process was signalled
}

// EndLeftovers ends the processes of a run whose hotswap was killed: its roots, processes with its marker, and those
// below either; never this process or its ancestors. First it waits for living keepers to do so. Then it sends SIGTERM,
// and SIGKILL two seconds later. It returns when no process is left, or after a few seconds.
//
// Other processes may have a copy of the environment. So the marker counts only for a
// process that began after the run's hotswap, in this pid namespace.
func EndLeftovers(run Leftovers) (o Outcome) {
	if !poll(keepersWithin, func() bool { o.Keepers = alive(run.Keepers); return len(o.Keepers) == 0 }) {
		return o
	}
	s := sweep{Leftovers: run, spared: lineage(), found: map[Identity]bool{}}
	s.end(unix.SIGTERM, orphanGrace)
	s.end(unix.SIGKILL, killedWithin)
	o.Left = alive(slices.Collect(maps.Keys(s.found)))
	o.Ended = len(s.found) - len(o.Left)
	return o
}

func alive(ids []Identity) []Identity {
	return slices.DeleteFunc(slices.Clone(ids), func(id Identity) bool { return !id.Alive() })
}

type sweep struct {
	Leftovers
	spared []int
	found  map[Identity]bool // kept, because a process without marker is not found again without its parent
}

// end sends the signal once to each process and waits until none is left or the time is over.
func (s sweep) end(sig syscall.Signal, within time.Duration) {
	sent := map[Identity]bool{}
	poll(within, func() (none bool) {
		s.find()
		none = true
		for id := range s.found {
			if !id.Alive() {
				continue
			}
			none = false
			if !sent[id] {
				sent[id] = true
				_ = id.Signal(sig)
			}
		}
		return none
	})
}

// poll asks again and again until done reports true, which poll then reports, or the time is over.
func poll(within time.Duration, done func() bool) bool {
	for end := time.Now().Add(within); !done(); time.Sleep(wait.Poll) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

func (s sweep) find() {
	add := func(id Identity) {
		if slices.Contains(s.spared, id.PID) {
			return
		}
		s.found[id] = true
		for _, pid := range Descendants(id.PID) {
			// Still the same parent and child.
			if child, ok := Identify(pid); ok && !slices.Contains(s.spared, pid) && below(pid, id.PID) &&
				child.Alive() && id.Alive() {
				s.found[child] = true
			}
		}
	}
	for _, id := range s.Roots {
		if id.Start != 0 && id.Alive() {
			add(id)
		}
	}
	all, _ := processes()
	for _, p := range all {
		// The ID is the same process's before and after the look at its environment.
		if id := (Identity{p.pid, p.start}); !p.dead && s.Since != 0 && id.Start >= s.Since &&
			marked(p.pid, s.Marker) && here(p.pid) && id.Alive() {
			add(id)
		}
	}
}

func lineage() []int {
	above, _ := ancestry(os.Getpid(), 0, parent)
	return append(above, os.Getpid())
}

// Signal sends a signal to this very process; ESRCH if it has ended.
func (i Identity) Signal(sig syscall.Signal) error { return signalIf(i.Alive, i.PID, sig) }

// marked reports whether the process was executed with the marker, NAME=VALUE, in its environment.
func marked(pid int, marker string) bool {
	return marker != "" && slices.Contains(Environment(pid), marker)
}
