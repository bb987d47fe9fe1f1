package supervisor

import "syscall"

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
	if s.send(evSignal{sig: sig, to: to, done: done}) {
		<-done
	}
}

// evSignal: a signal for the programs, not from the machine.
type evSignal struct {
	sig  syscall.Signal
	to   Audience
	done chan struct{}
}

func (evSignal) kind() eventKind { return kindCount }

func (e evSignal) happen(s *Supervisor) {
	defer close(e.done)
	for gen, c := range s.children {
		if e.to == AudienceAll || gen == s.m.foremost() {
			c.pass(e.sig)
		}
	}
	if s.standby != nil && e.sig == syscall.SIGWINCH {
		s.standby.pass(e.sig) // it may have asked for the size; all else would end it
	}
}

// foremost is the generation that serves, else the one that starts, else 0.
func (m *machine) foremost() GenID {
	for _, g := range []*Generation{m.serving(), m.starting()} {
		if g != nil {
			return g.ID
		}
	}
	return 0
}
