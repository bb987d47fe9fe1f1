package held

import (
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// An address that nobody wants any more is closed.
func TestCloseUnserved(t *testing.T) {
	w := newWorld(t, Config{})
	e, m := address(t)
	path, end := w.generation(1)
	a := connect(t, path)
	a.write(request{Type: "unbound", At: a.serves(m)})
	w.event(handoff.Listening{Gen: 1, Endpoint: e})
	w.registry.CloseUnserved() // not that of a generation that may bind it again
	end()
	client(t, e)
	w.registry.CloseUnserved()
	if c, err := net.Dial("tcp", e.Addr.String()); err == nil {
		c.Close()
		t.Error("somebody listens")
	}
}

// An address that the program has closed is in no other's way, as where a program tries several hosts.
func TestClosedExcludesNothing(t *testing.T) {
	w := newWorld(t, Config{})
	_, m := address(t)
	path, _ := w.generation(1)
	a := connect(t, path)
	a.write(request{Type: "unbound", At: a.serves(m)})
	m.Host = "0.0.0.0"
	a.serves(m)
}

// A program may close a server before it has an answer, and bind the address at once again.
func TestClosedBeforeTheAnswer(t *testing.T) {
	w := newWorld(t, Config{})
	_, m := address(t)
	path, _ := w.generation(1)
	a := connect(t, path)
	m.Type, m.ID = "bind", 100
	a.write(m)
	a.write(request{Type: "unbound", bind: bind{ID: 100}})
	a.reads("socket")
	a.serves(m)
}

// While a cutover waits for the old processes, nobody may have an address any more, and the new process binds one that
// excludes it.
func TestAddressChangesDuringCutover(t *testing.T) {
	w := newWorld(t, Config{})
	e, m := address(t)
	kept, k := address(t)
	path, _ := w.generation(1)
	one := connect(t, path)
	at, keptAt := one.serves(m), one.serves(k)
	path, _ = w.generation(2)
	w.event(handoff.Listening{Gen: 1, Endpoint: e})
	w.event(handoff.Listening{Gen: 1, Endpoint: kept})
	w.registry.Cutover(1)
	for range 2 {
		_, fd := one.reads("go")
		_ = unix.Close(fd)
	}
	two := connect(t, path)
	two.serves(m)
	two.serves(k)
	w.event(handoff.Listening{Gen: 2, Endpoint: e})
	w.event(handoff.Listening{Gen: 2, Endpoint: kept})
	type moved struct {
		at   []handoff.Endpoint
		took time.Duration
	}
	done := make(chan moved)
	go func() {
		at, took := w.registry.Cutover(2)
		done <- moved{at, took}
	}()
	stop, _ := one.reads("stop")
	one.reads("stop")
	one.write(request{Type: "unbound", At: at})
	one.bind(request{}) // when it is answered, the line before has been read
	two.write(request{Type: "unbound", At: at})
	m.Host = "0.0.0.0"
	if got, _ := two.bind(m); got.Type != "socket" {
		t.Errorf("%+v", got)
	}
	one.write(request{Type: "stopped", At: keptAt, Turn: stop.Turn})
	if got := <-done; got.took < patience && !slices.Equal(got.at, []handoff.Endpoint{kept}) {
		t.Errorf("%v", got.at)
	}
}
