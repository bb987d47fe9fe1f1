package supervisor

// Tree lists the processes of the generation that serves, or while none does of
// the one that starts, parents first; none if there is neither.
func (s *Supervisor) Tree() []int {
	found := make(chan Process, 1)
	if !s.send(evTree{found}) {
		return nil
	}
	if p := <-found; p != nil {
		return p.Tree()
	}
	return nil
}

// evTree: somebody asks for that generation's processes.
type evTree struct{ found chan<- Process }

func (evTree) kind() eventKind { return kindCount }

func (e evTree) happen(s *Supervisor) {
	for _, g := range []*Generation{s.m.serving(), s.m.starting()} {
		if g == nil || s.children[g.ID] == nil {
			continue
		}
		if p := s.children[g.ID].proc.Load(); p != nil {
			e.found <- *p
			return
		}
	}
	e.found <- nil
}
