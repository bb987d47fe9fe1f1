package proc

import (
	"bytes"
	"maps"
	"os"
	"slices"
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

// EndLeftovers ends the processes of a run whose hotswap was killed: those whose
// environment holds its marker, those that are one of its roots, and what is below
// either; never this process or one above it. Keepers that live do their work first.
// It sends SIGTERM, and SIGKILL two seconds later, and returns when nothing is left.
//
// The marker is no proof: whoever copies an environment has it. So it counts only for a
// process that began no sooner than the run's hotswap, and that is of this pid
// namespace: another one is a container's.
func EndLeftovers(run Leftovers) (o Outcome) {
	for _, k := range run.Keepers {
		_ = k.Signal(unix.SIGCONT) // it may have been stopped with the hotswap
	}
	for end := time.Now().Add(keepersWithin); ; time.Sleep(lookAgain) {
		if o.Kept = alive(run.Keepers); len(o.Kept) == 0 {
			break
		}
		if time.Now().After(end) {
			return o
		}
	}
	s := sweep{Leftovers: run, spared: lineage(), found: map[Identity]bool{}}
	s.end(unix.SIGTERM, orphanGrace)
	s.end(unix.SIGKILL, killedWithin)
	o.Left = alive(slices.Collect(maps.Keys(s.found)))
	o.Ended = len(s.found) - len(o.Left)
	return o
}

// alive are those of the processes that live.
func alive(ids []Identity) (out []Identity) {
	for _, id := range ids {
		if id.Alive() {
			out = append(out, id)
		}
	}
	return out
}

// sweep is one search for leftovers, and their end.
type sweep struct {
	Leftovers
	spared map[int]bool
	found  map[Identity]bool // what has no marker is lost from sight with its parent
}

// end sends the signal to each that is left, once, and waits until none is, but
// no longer than that.
func (s sweep) end(sig syscall.Signal, within time.Duration) {
	told := map[Identity]bool{}
	for end := time.Now().Add(within); ; time.Sleep(lookAgain) {
		s.look()
		left := false
		for id := range s.found {
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
func (s sweep) look() {
	add := func(id Identity) {
		if s.spared[id.PID] {
			return
		}
		s.found[id] = true
		for _, pid := range Descendants(id.PID) {
			// As above, its number and that of the one above are the same processes'.
			if child, ok := Identify(pid); ok && !s.spared[pid] && below(pid, id.PID) && child.Alive() && id.Alive() {
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
	for _, pid := range all {
		// The number is the same process's before and after its environment was
		// read.
		if id, ok := Identify(pid); ok && s.begunIn(id) && marked(pid, s.Marker) && here(pid) && id.Alive() {
			add(id)
		}
	}
}

// begunIn reports whether the process may be one of the run's: none began before its
// hotswap.
func (s sweep) begunIn(id Identity) bool { return s.Since != 0 && id.Start >= s.Since }

// here reports whether the process is of this pid namespace (pid_namespaces(7)). One
// that may not be looked at is not.
func here(pid int) bool {
	its, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/ns/pid")
	if err != nil {
		return false
	}
	ours, err := os.Readlink("/proc/self/ns/pid")
	return err == nil && its == ours
}

// lineage is this process and those above it.
func lineage() map[int]bool {
	out := map[int]bool{os.Getpid(): true}
	above, _ := ancestry(os.Getpid(), 0)
	for _, pid := range above {
		out[pid] = true
	}
	return out
}

// Signal sends a signal to that process and never to another that has its
// number by now.
func (i Identity) Signal(sig syscall.Signal) error {
	h, err := open(i.PID, i.Alive)
	if err != nil {
		return err
	}
	defer h.Close()
	return h.Signal(sig)
}

// marked says whether the process was executed with the marker, NAME=VALUE, in
// its environment. What it has set or cleared since does not show
// (proc_pid_environ(5)), unless it wrote over that memory, as nginx does.
func marked(pid int, marker string) bool {
	if marker == "" {
		return false
	}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return false // gone, or not ours to see
	}
	for kv := range bytes.SplitSeq(b, []byte{0}) {
		if string(kv) == marker {
			return true
		}
	}
	return false
}
