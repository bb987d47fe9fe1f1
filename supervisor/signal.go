package supervisor

import (
	"cmp"
	"syscall"
)

// Audience says which generations a signal is for.
type Audience uint8

const (
	AudienceAll     Audience = iota + 1 // every living one
	AudienceServing                     // the one that serves, or while none does, the one that starts
)

// Signal sends a signal to the process trees of generations, as somebody else
// might: the state of none is touched by it. It returns when it is sent.
func (s *Supervisor) Signal(sig syscall.Signal, to Audience) {
	done := make(chan struct{})
	if s.post(func() { defer close(done); s.pass(sig, to) }) {
		<-done
	}
}

func (s *Supervisor) pass(sig syscall.Signal, to Audience) {
	first := s.m.foremost()
	for gen, c := range s.children {
		if to == AudienceAll || first != nil && gen == first.ID {
			c.pass(sig)
		}
	}
	if s.standby != nil && sig == syscall.SIGWINCH {
		s.standby.pass(sig) // it may have asked for the size; all else would end it
	}
}

// foremost returns the generation that serves, else the one that starts, else nil.
func (m *machine) foremost() *Generation { return cmp.Or(m.serving(), m.starting()) }
