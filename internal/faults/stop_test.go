//go:build linux

package faults

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// pause is how long hotswap, or the program, stands still.
const pause = 2 * time.Second

// stopPoints are about processes that stand still: by Ctrl-Z, a debugger, a
// frozen container, a deadlock.
func stopPoints() (out []point) {
	for _, name := range []string{"serving", "in bind", "in listen", "accepted", "draining", "told to stop"} {
		out = append(out, point{step: name, victim: theBoss, fault: "SIGSTOP for 2 s",
			run: hotswapStands(stepOf(name))})
	}
	return append(out,
		point{step: "before bind", victim: theNew, fault: "SIGSTOP for good", run: newStands},
		point{step: "serving", victim: theOld, fault: "SIGSTOP for good, then a swap", run: swapOfWhatStands},
		point{step: "draining", victim: theOld, fault: "SIGSTOP for good", run: oldStands},
	)
}

// hotswapStands: clients are served by the programs meanwhile, and then all goes
// on.
func hotswapStands(st step) func(*testing.T) *result {
	return func(t *testing.T) *result {
		s := begin(t, setting{args: st.args, env: st.env})
		m := st.reach(s)
		if !m.stopped {
			s.freeze(s.h.Cmd.Process.Pid)
			m.stopped = true
		}
		rests := time.After(pause) // a pace is what is tested
		s.more(50)
		<-rests
		m.goOn()
		m.leave()
		if st.name != "serving" {
			s.h.Serving(2)
			s.h.Drained(1)
		}
		return s.endsWell()
	}
}

// newStands: a boot that stands still is given up in time.
func newStands(t *testing.T) *result {
	s := begin(t, setting{args: []string{"--ready-timeout", "10s"}})
	m := stepOf("before bind").reach(s)
	s.freeze(m.new)
	m.leave()
	failed := s.h.Wait("given up", e2etest.Of("failed", 2))
	if failed.Why != "timeout" || failed.Next != "keeps" {
		t.Errorf("%+v", failed)
	}
	return s.endsWell()
}

// swapOfWhatStands: a program hangs, and its author saves the repair. Who waits
// at its gate is no worse off than who comes later.
func swapOfWhatStands(t *testing.T) *result {
	s := begin(t, setting{args: []string{"--drain-timeout", "3s"}})
	m := stepOf("serving").reach(s)
	s.lossy(m.old)
	s.freeze(m.old)
	// Its clients are inside it or in its queue when nobody has an answer under
	// way any more.
	<-time.After(slow)
	s.swap()
	s.h.Serving(2)
	s.h.Drained(1)
	return s.endsWell()
}

// oldStands: what does not end in time is killed, and what it had under way is
// lost.
func oldStands(t *testing.T) *result {
	s := begin(t, setting{args: []string{"--drain-timeout", "10s"}})
	m := stepOf("draining").reach(s)
	s.lossy(m.old)
	s.freeze(m.old)
	if l := s.h.Drained(1); !l.Killed {
		t.Errorf("%+v", l)
	}
	m.leave()
	return s.endsWell()
}
