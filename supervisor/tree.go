package supervisor

import "context"

// Tree lists the processes of the generation that serves, or while none does of
// the one that starts, parents first; none if there is neither. It waits for one
// that is just being started: it may have said its first word before we know of it.
func (s *Supervisor) Tree(ctx context.Context) []int {
	found := make(chan *child, 1)
	look := func() {
		var c *child
		if g := s.m.foremost(); g != nil {
			c = s.children[g.ID]
		}
		found <- c
	}
	if !s.post(look) {
		return nil
	}
	c := <-found
	if c == nil {
		return nil
	}
	if c.proc.Load() == nil {
		select {
		case <-c.up:
		case <-ctx.Done():
		}
	}
	if p := c.proc.Load(); p != nil {
		return (*p).Tree()
	}
	return nil
}
