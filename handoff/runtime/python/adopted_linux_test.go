package python_test

import (
	"strings"
	"testing"
	"time"
)

// A connection that a process accepts from another one is the server's own, with the client's address. One that
// has come back is not handed over again. One that comes too late, or for a server that is not here, is refused.
func TestAdoptedConnections(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		c := s.client()
		c.send(get("/")).hears(200, "GET / 0 of "+c.name())
		s.order("drain", "moves", true)
		moved := s.move()
		later := time.Now().Add(patience)
		if why := s.taken(moved, s.at, time.Now(), false); !strings.Contains(why, "too late") {
			t.Errorf("late: %q", why)
		}
		if why := s.taken(moved, "127.0.0.1:1", later, false); why != "nobody listens there" {
			t.Errorf("elsewhere: %q", why)
		}
		s.order("resume")
		if why := s.taken(moved, s.at, later, false); why != "" {
			t.Fatal(why)
		}
		_ = moved.Close()
		if c.send(get("/again")).hears(200, "GET /again 0 of "+c.name()) {
			t.Error("the connection is to end")
		}
		s.order("drain", "moves", true)
		moved = s.move()
		if why := s.taken(moved, s.at, later, true); why != "" {
			t.Fatal(why)
		}
		_ = moved.Close()
		s.nothingMoves()
		s.look("it stays", func(st state) bool { return st.Connections == 1 && st.Stays == 1 })
		if !c.send(get("/back")).hears(200, "GET /back 0 of "+c.name()) {
			t.Error("the answer does not say that the connection ends")
		}
		c.ended()
		s.busy(0, 0)
	})
}

// A process that has accepted a connection keeps it, however much time passes until its event loop goes on: by then
// the process may have read a request, which no other process would get.
func TestAdoptedBeforeAStall(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		c := s.client()
		s.order("drain", "moves", true)
		moved := s.move()
		s.order("resume")
		other := s.client()
		other.send(get("/stall")).hears(200, "GET /stall 0 of "+other.name())
		c.send(get("/"))
		if why := s.taken(moved, s.at, time.Now().Add(patience), false); why != "" {
			t.Error(why)
		}
		_ = moved.Close()
		c.hears(200, "GET / 0 of "+c.name())
	})
}

// An adopted connection that is idle ends when the server's own time for that is over, and hotswap is told.
func TestAdoptedConnectionsEnd(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		c := s.client()
		s.order("drain", "moves", true)
		moved := s.move()
		s.order("resume")
		if why := s.taken(moved, s.at, time.Now().Add(patience), false); why != "" {
			t.Fatal(why)
		}
		if l := s.next(); l.Type != "closed" || l.ID != s.seq { // before hotswap has closed its own descriptor
			t.Errorf("%+v", l)
		}
		_ = moved.Close()
		c.ended()
	}, "--timeout-keep-alive=0")
}
