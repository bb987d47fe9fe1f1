package supervisor

import "context"

// Tree lists the processes of the generation that serves, or while none does of
// the one that starts, parents first; none if there is neither. It waits for one
// that is just being started: it may have said its first word before we know of it.
func (s *Supervisor) Tree(ctx context.Context) []int {
	found := make(chan *child, 1)
	if !s.send(evTree{found}) {
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

// evTree: somebody asks for that generation's processes.
type evTree struct{ found chan<- *child }

func (evTree) kind() eventKind { return kindCount }

func (e evTree) happen(s *Supervisor) {
	for _, g := range []*Generation{s.m.serving(), s.m.starting()} {
		if g != nil && s.children[g.ID] != nil {
			e.found <- s.children[g.ID]
			return
		}
	}
	e.found <- nil
}
