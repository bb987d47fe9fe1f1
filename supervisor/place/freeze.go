package place

import "errors"

// Freeze refuses an upgrade if this server keeps anything for the program, because the child would not have it. From
// then on this server refuses to keep anything, until Thaw.
func (s *Server) Freeze() (any, []int, error) {
	s.keeping.Lock()
	defer s.keeping.Unlock()
	s.closed = true
	keys, _ := s.cfg.Store.Stats()
	s.mu.Lock()
	defer s.mu.Unlock()
	if keys+len(s.defines)+len(s.leases.byName) > 0 {
		return nil, nil, errors.New("the program keeps state or has a lease here, which a new hotswap would not have")
	}
	return nil, nil, nil
}

// Thaw undoes Freeze: the child has ended, or never began.
func (s *Server) Thaw() error {
	s.keeping.Lock()
	defer s.keeping.Unlock()
	s.closed = false
	return nil
}
