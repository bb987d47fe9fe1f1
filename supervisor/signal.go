package supervisor

import (
	"syscall"
)

// Resized tells all programs that the terminal has another size, and returns when they are told.
func (s *Supervisor) Resized() {
	s.resizes.Add(1) // first: a program that is starting is not found yet
	s.call(func() {
		for _, c := range s.children {
			c.pass(syscall.SIGWINCH)
		}
		if s.standby != nil {
			s.standby.pass(syscall.SIGWINCH) // it may have asked for the size
		}
	})
}

// Suspend stops all generations, as the terminal's Ctrl-Z does: it sends SIGTSTP, which a
// program may handle or ignore, to every process. It returns
// when that is done, so that hotswap itself can be stopped. Clients wait in the queues meanwhile.
func (s *Supervisor) Suspend() {
	s.call(func() {
		s.signalAll(syscall.SIGTSTP)
		if s.rehearsal != nil {
			s.rehearsal.ahead.end(true) // else the time asleep would be held against its packages
		}
	})
}

// Resume goes on where Suspend stopped. A deadline that has passed meanwhile counts.
func (s *Supervisor) Resume() { s.post(func() { s.signalAll(syscall.SIGCONT) }) }

// signalAll sends a signal to everything, also to the standby and a build.
func (s *Supervisor) signalAll(sig syscall.Signal) {
	for _, c := range s.children {
		c.pass(sig)
	}
	for _, c := range []*child{s.standby, s.rehearsal} {
		if c != nil {
			c.pass(sig)
		}
	}
	if s.builder != nil {
		s.builder.Pass(sig)
	}
}

// Tree returns the processes of the generation that serves, or while none does of the one that
// starts, parents first; none if there is neither, or if its process is just being started.
func (s *Supervisor) Tree() []int {
	var c *child
	s.call(func() { c = s.children[s.m.Foremost()] })
	if c == nil || c.process() == nil {
		return nil
	}
	return c.process().Tree()
}
