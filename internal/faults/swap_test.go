//go:build linux

package faults

import (
	"slices"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// victim is a party of a swap.
type victim string

const (
	theNew    victim = "new"
	newKeeper victim = "new's keeper"
	theOld    victim = "old"
	oldKeeper victim = "old's keeper"
	theBoss   victim = "hotswap"
)

// killPoints are the pairs of a step and who is killed at it.
func killPoints() (out []point) {
	for _, st := range steps {
		victims := st.who
		if victims == nil {
			victims = everybody
		}
		for _, v := range victims {
			out = append(out, point{step: st.name, victim: v, fault: "SIGKILL", run: killAt(st, v)})
		}
	}
	return out
}

// killAt kills a party at a step and sees to it that all is well afterwards.
func killAt(st step, v victim) func(*testing.T) *result {
	return func(t *testing.T) *result {
		s := begin(t, setting{args: st.args, env: st.env})
		m := st.reach(s)
		if v == theBoss {
			return s.killHotswap(m)
		}
		pid, gen := m.find(v)
		s.kill(pid)
		m.goOn()
		s.h.Wait("what became of it", ofEnd(gen))
		m.leave()
		return s.endsWell()
	}
}

// ofEnd makes a condition: the line tells the end of a generation.
func ofEnd(gen int) func(e2etest.Line) bool {
	return func(l e2etest.Line) bool {
		return l.Gen == gen && slices.Contains([]string{"failed", "crashed", "drained", "superseded", "rolled-back"},
			l.Event)
	}
}

// find is the victim's process and generation.
func (m *moment) find(v victim) (pid, gen int) {
	m.s.Helper()
	pid, gen = m.old, 1
	if v == theNew || v == newKeeper {
		pid, gen = m.new, 2
	}
	if pid == 0 {
		m.s.Fatalf("there is no %s here", v)
	}
	if v == newKeeper || v == oldKeeper {
		pid = m.s.keeper(pid)
	}
	return pid, gen
}

// killHotswap kills hotswap itself: nothing below it is left, and a fresh start
// serves at once.
func (s *scene) killHotswap(m *moment) *result {
	s.Helper()
	pid := s.h.Cmd.Process.Pid
	s.cut = true
	s.lossy(pid)
	s.signal(pid, syscall.SIGKILL)
	<-s.h.Done
	s.nothingLeft()
	m.leave()
	s.portIsFree()
	s.stopLoad()
	s.start()
	s.cut, s.kills = false, nil
	s.underLoad(1)
	return s.endsWell()
}
