package python_test

import "testing"

// A process that has accepted a connection keeps it, however much time passes until its event loop goes on: by then
// the process may have read a request, which no other process would get.
func TestAdoptedBeforeAStall(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		c := s.client()
		s.Say(moves)
		moved := s.Moved()
		s.Say(resume)
		other := s.client()
		other.Get("/stall").Hears(200, "GET /stall 0 of "+other.Name())
		c.Get("/")
		if why := s.Offer(moved, s.at, ""); why != "" {
			t.Error(why)
		}
		moved.Close()
		c.Hears(200, "GET / 0 of "+c.Name())
	})
}

// An adopted connection that is idle ends when the server's own time for that is over, and hotswap is told.
func TestAdoptedConnectionsEnd(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		c := s.client()
		s.Say(moves)
		moved := s.Moved()
		s.Say(resume)
		if why := s.Offer(moved, s.at, ""); why != "" {
			t.Fatal(why)
		}
		if l := s.Next(); l.Type != "owned" || l.ID != 1 { // before hotswap has closed its own descriptor
			t.Errorf("%+v", l)
		}
		moved.Close()
		c.Ended()
	}, "--timeout-keep-alive=0")
}
