//go:build linux

package faults

import (
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// step is a moment of a swap from generation 1 to generation 2, in which things
// stand still until the moment is left.
type step struct {
	name  string
	reach func(*scene) *moment
	who   []victim // whom to kill; default: all
	env   []string
	args  []string // hotswap's, without which the step would pass too soon
}

// moment is a scene at a step.
type moment struct {
	s *scene
	// old and new are the process ids of the program; 0 if there is none.
	old, new int
	// leave lets everything go on that is held, except hotswap.
	leave func()
	// stopped: hotswap is, by SIGSTOP.
	stopped bool
}

// everybody, and who is left when the old one has gone.
var (
	everybody  = []victim{theNew, newKeeper, theOld, oldKeeper, theBoss}
	withoutOld = []victim{theNew, newKeeper, theBoss}
)

// steps are in the order of a swap.
var steps = []step{
	{name: "serving", who: []victim{theOld, oldKeeper, theBoss}, reach: func(s *scene) *moment { // no swap is under way
		return s.moment(nil)
	}},
	{name: "started", reach: func(s *scene) *moment { // the new program runs
		return s.heldAt(stepStarted)
	}},
	{name: "before bind", reach: func(s *scene) *moment { // the new program is about to call bind
		return s.heldAt(stepBeforeBind)
	}},
	{name: "in bind", reach: func(s *scene) *moment { // the bind of the new program waits for hotswap's answer
		return s.inside(stepBeforeBind, unix.SYS_BIND)
	}},
	{name: "bound", reach: func(s *scene) *moment { // the new program is between bind and listen
		return s.heldAt(stepBound)
	}},
	{name: "in listen", reach: func(s *scene) *moment { // the listen of the new program waits for hotswap's answer
		return s.inside(stepBound, unix.SYS_LISTEN)
	}},
	{name: "listening", reach: func(s *scene) *moment { // the new program listens and does not accept yet
		return s.heldAt(stepListening)
	}},
	// the new program has accepted the probe, and hotswap does not know yet
	{name: "accepted", reach: func(s *scene) *moment {
		h := s.control.hold(2, stepProbed)
		s.swap()
		m := s.moment(h)
		s.freeze(s.h.Cmd.Process.Pid)
		m.stopped = true
		h.release()
		s.control.came(2, stepAccepted)
		return m
	}},
	// right after the cutover, during probation
	{name: "probation", args: []string{"--probation", "2s"}, reach: afterCutover},
	// right after the cutover, without probation: the old generation may have ended
	{name: "cutover", args: []string{"--probation", "0"}, who: withoutOld, reach: afterCutover},
	{name: "draining", reach: func(s *scene) *moment { // the old generation has a request under way
		request, answered := s.holdRequest(1)
		h := s.control.hold(2, stepListening)
		s.swap()
		m := s.moment(h)
		h.release()
		s.h.Wait("the drain", func(l e2etest.Line) bool {
			return l.Event == "draining" && l.Gen == 1 &&
				l.BusyConnections > 0
		})
		m.leave = func() {
			request.release()
			if err := <-answered; err != nil && !s.killed(m.old) && !s.cut {
				s.Errorf("the request that was under way: %v", err)
			}
		}
		return m
	}},
	// the old generation is idle and has got its stop signal
	{name: "told to stop", env: []string{envTold + "=1"}, reach: func(s *scene) *moment {
		told := s.control.hold(1, stepTold)
		h := s.control.hold(2, stepListening)
		s.swap()
		m := s.moment(h)
		h.release()
		told.wait()
		m.leave = told.release
		return m
	}},
	{name: "gone", who: withoutOld, reach: func(s *scene) *moment { // the old generation has ended
		h := s.control.hold(2, stepListening)
		s.swap()
		m := s.moment(h)
		h.release()
		s.h.Drained(1)
		m.old = 0
		return m
	}},
	// clients wait, the old generation has ended and the new one is about to bind (`--strategy stop-first`)
	{name: "waiting", who: withoutOld, args: []string{"--strategy", "stop-first"}, reach: func(s *scene) *moment {
		h := s.control.hold(2, stepBeforeBind)
		s.swap()
		return &moment{s: s, new: h.wait().PID, leave: h.release}
	}},
}

// stepOf finds a step by its name.
func stepOf(name string) step {
	for _, s := range steps {
		if s.name == name {
			return s
		}
	}
	panic("no step " + name)
}

// moment is the scene with generation 2 at h, if it is there.
func (s *scene) moment(h *hold) *moment {
	s.Helper()
	_, old, err := s.who()
	testkit.NoError(s, err)
	m := &moment{s: s, old: old, leave: func() {}}
	if h != nil {
		m.new, m.leave = h.wait().PID, h.release
	}
	return m
}

// afterCutover begins a swap and returns when hotswap has told of the cutover.
func afterCutover(s *scene) *moment {
	h := s.control.hold(2, stepListening)
	s.swap()
	m := s.moment(h)
	h.release()
	s.h.Wait("the cutover", e2etest.Of("cutover", 2))
	return m
}

// heldAt begins a swap and holds the new program at a step.
func (s *scene) heldAt(what string) *moment {
	s.Helper()
	h := s.control.hold(2, what)
	s.swap()
	return s.moment(h)
}

// inside begins a swap and holds the new program in a system call: hotswap, who
// must answer it, is stopped.
func (s *scene) inside(before string, call uintptr) *moment {
	s.Helper()
	m := s.heldAt(before)
	s.freeze(s.h.Cmd.Process.Pid)
	m.leave()
	m.leave, m.stopped = func() {}, true
	inCall(s.T, m.new, call)
	return m
}

// goOn lets hotswap go on if it is stopped.
func (m *moment) goOn() {
	m.s.Helper()
	if m.stopped {
		m.s.signal(m.s.h.Cmd.Process.Pid, syscall.SIGCONT)
		m.stopped = false
	}
}

// keeper is the process right below hotswap above pid.
func (s *scene) keeper(pid int) (keeper int) {
	s.Helper()
	for _, p := range processes(s.requests) {
		if p.pid == pid {
			return p.parent
		}
	}
	s.Fatalf("process %d is not below hotswap", pid)
	return 0
}
