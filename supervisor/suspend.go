package supervisor

import "syscall"

// Suspend stops all generations, as the terminal's Ctrl-Z does: SIGTSTP, which
// a program may handle or ignore, to everything of their trees. Timers stop
// too, and so does the clock by which the machine judges ([clock]). It is for a
// moment before hotswap itself is stopped, and returns when it is done. Clients wait in the queues meanwhile.
func (s *Supervisor) Suspend() {
	done := make(chan struct{})
	suspend := func() {
		defer close(done)
		s.clock.stop()
		s.setTimer()
		s.signalAll(syscall.SIGTSTP)
	}
	if s.post(suspend) {
		<-done
	}
}

// Resume goes on where Suspend stopped.
func (s *Supervisor) Resume() {
	s.post(func() {
		if s.clock.start() {
			s.signalAll(syscall.SIGCONT)
			s.setTimer()
		}
	})
}

// signalAll passes a signal on that means nothing to the machine, to the standby
// and a build too.
func (s *Supervisor) signalAll(sig syscall.Signal) {
	for _, c := range s.children {
		c.pass(sig)
	}
	if s.standby != nil {
		s.standby.pass(sig)
	}
	if s.builder != nil {
		s.builder.pass(sig)
	}
}

func (c *child) pass(sig syscall.Signal) {
	if sig == syscall.SIGWINCH {
		c.resized.Store(true) // before the look: launch stores the process and looks then
	}
	if p := c.proc.Load(); p != nil {
		_ = (*p).Signal(sig) // an error means that it is gone
	}
}

// passMissed sends the signal that the terminal has another size, if that came before
// the process was known: the program may have asked for the size by then.
func (c *child) passMissed(p Process) {
	if c.resized.Load() {
		_ = p.Signal(syscall.SIGWINCH)
	}
}
