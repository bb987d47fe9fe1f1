package place

import (
	"net"
	"os"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// sessionOf returns generation 1, which serves, without a socket.
func sessionOf(t *testing.T) *Session {
	s := New(Config{Store: store.New(store.Standard)})
	ses := s.newSessionLocked(1)
	ses.living = t.Context()
	s.Tell([]report.Place{{Gen: 1, State: report.StateServing, Foremost: true}})
	return ses
}

// A process that has ended may have left a request that was not read yet. Nobody would see its end again.
func TestLeaseForAnEndedProcess(t *testing.T) {
	ses := sessionOf(t)
	c := newConn(ses, &net.UnixConn{}, os.Getpid())
	c.guarded = true
	ses.ended(c)
	if err := c.lease(&request{ID: 2, Name: "job"}); err == nil {
		t.Error("a process that has ended gets a lease")
	}
	if c.find(2) != nil || len(ses.claims) > 0 {
		t.Error("a request that was refused is open")
	}
	next := newConn(ses, &net.UnixConn{}, 0)
	if err := next.lease(&request{ID: 2, Name: "job"}); err != nil || next.find(2).(*claim).state != granted {
		t.Errorf("the next one does not get the lease: %v", err)
	}
}
