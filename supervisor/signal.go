package supervisor

import (
	"cmp"
	"syscall"
)

// Resized tells all programs that the terminal has another size.
func (s *Supervisor) Resized() { s.runner.Signal(syscall.SIGWINCH) }

// Suspend stops all programs, as the terminal's Ctrl-Z does: it sends SIGTSTP, which a program may handle or ignore, to
// every process. It returns when that is done, so that hotswap itself can be stopped. Clients wait in the queues meanwhile.
func (s *Supervisor) Suspend() {
	s.call(func() {
		s.runner.Signal(syscall.SIGTSTP)
		if c := s.children[s.rehearsal]; c != nil {
			c.end(true) // else the time asleep would be held against its packages
		}
	})
}

// Resume goes on where Suspend stopped. A deadline that has passed meanwhile counts.
func (s *Supervisor) Resume() { s.runner.Signal(syscall.SIGCONT) }

// Tree returns the processes of a generation, parents first; 0: of the one that serves, or while none does of the one that
// starts. There are none if there is no such generation, or if its process is just being started.
func (s *Supervisor) Tree(gen GenID) []int {
	var c *child
	s.call(func() { c = s.children[cmp.Or(gen, s.m.Foremost())] })
	if p := c.process(); p != nil {
		return p.Tree()
	}
	return nil
}
