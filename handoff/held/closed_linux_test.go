package held

import (
	"errors"
	"maps"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// An address that nobody wants any more is closed.
func TestCloseUnserved(t *testing.T) {
	w := newWorld(t, Config{})
	e, m := address(t)
	path, end := w.generation(1)
	a := connect(t, path)
	a.serves(m)
	w.listens(1, e)
	w.registry.CloseUnserved() // not that of a generation that runs
	end()
	client(t, e)
	w.registry.CloseUnserved()
	if c, err := net.Dial("tcp", e.Addr.String()); err == nil {
		c.Close()
		t.Error("somebody listens")
	}
}

// Clients are refused where the program has closed its server, soon and not before: it may bind the address again, also
// later.
func TestClosedByTheProgram(t *testing.T) {
	for name, cut := range map[string]bool{"that booted": false, "that served": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			e, m := address(t)
			a := w.runs(1)
			for range 2 {
				at := a.serves(m)
				w.listens(1, e)
				if cut {
					w.cutover(1, e)
					a.goes()
				}
				began := time.Now()
				a.write(request{Type: "unbound", At: at})
				w.event(handoff.Closed{Gen: 1, Endpoint: e})
				if took := time.Since(began); took < closedFor {
					t.Errorf("closed after %v", took)
				}
				l, err := net.Listen("tcp", e.Addr.String())
				if err != nil {
					t.Fatalf("hotswap keeps the address: %v", err)
				}
				l.Close()
				if got := w.registry.Endpoints(1); len(got) > 0 {
					t.Errorf("the generation listens at %v", got)
				}
			}
		})
	}
}

// Clients are refused also where an older generation had the address when the program closed its server, and later.
func TestClosedWhileTheOldOneDrains(t *testing.T) {
	for name, closes := range map[string]func(two *adapter, of *link, e handoff.Endpoint, at string){
		"when it closed": func(two *adapter, _ *link, _ handoff.Endpoint, at string) {
			two.write(request{Type: "unbound", At: at})
			two.bind(request{}) // when it is answered, the line before has been read
		},
		"at the first look": func(_ *adapter, of *link, e handoff.Endpoint, _ string) {
			r := of.Registry
			r.mu.Lock()
			delete(of.claims, e)
			h := r.holds[e]
			r.mu.Unlock()
			of.givesUp(e, h)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			e, m := address(t)
			path, end := w.generation(1)
			one := connect(t, path)
			one.serves(m)
			w.listens(1, e)
			w.cutover(1, e)
			one.goes()
			two := w.runs(2)
			at := two.serves(m)
			w.listens(2, e)
			w.cutover(2, e)
			two.goes()
			w.registry.mu.Lock()
			of := slices.Collect(maps.Keys(w.registry.sessions[2].links))[0]
			w.registry.mu.Unlock()
			closes(two, of, e, at)
			client(t, e) // the old one has it
			end()
			w.event(handoff.Closed{Gen: 2, Endpoint: e})
			testkit.Must(net.Listen("tcp", e.Addr.String()))(t).Close()
		})
	}
}

// A generation that boots gives nothing up where another one serves, whose process somebody is just starting again.
func TestClosedWhereAnotherServes(t *testing.T) {
	w := newWorld(t, Config{})
	e, m := address(t)
	one := w.runs(1)
	one.serves(m)
	w.listens(1, e)
	w.cutover(1, e)
	w.runs(2).serves(m)
	w.listens(2, e)
	one.Close()
	r := w.registry
	testkit.Eventually(t, func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.sessions[1].usesLocked(e) {
			return errors.New("its process has not ended yet")
		}
		return nil
	})
	r.mu.Lock()
	of, h := slices.Collect(maps.Keys(r.sessions[2].links))[0], r.holds[e]
	delete(of.claims, e)
	r.mu.Unlock()
	of.givesUp(e, h)
	client(t, e)
}

// Clients wait where a process has ended that had closed its server, where the next generation will listen, and where
// the program listens again.
func TestClosedAndServedAgain(t *testing.T) {
	for name, happens := range map[string]func(w *world, a *adapter, m request){
		"the process has ended":  func(_ *world, a *adapter, _ request) { a.Close() },
		"the next one will":      func(w *world, _ *adapter, _ request) { w.registry.Queue(1) },
		"the program does again": func(_ *world, a *adapter, m request) { _, fd := a.bind(m); _ = unix.Close(fd) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Config{})
			e, m := address(t)
			a := w.runs(1)
			at := a.serves(m)
			w.listens(1, e)
			w.cutover(1, e)
			a.goes()
			r := w.registry
			r.mu.Lock()
			var of *link
			for l := range r.sessions[1].links {
				of = l
			}
			h := r.holds[e]
			r.mu.Unlock()
			a.write(request{Type: "unbound", At: at})
			happens(w, a, m)
			testkit.Eventually(t, func() error {
				r.mu.Lock()
				defer r.mu.Unlock()
				if c := of.claims[e]; !h.queued && r.sessions[1].links[of] && (c == nil || c.accepts) {
					return errors.New("it has not happened yet")
				}
				return nil
			})
			of.givesUp(e, h)
			client(t, e)
		})
	}
}

// An address that the program has closed is in no other's way, as where a program tries several hosts.
func TestClosedExcludesNothing(t *testing.T) {
	w := newWorld(t, Config{})
	_, m := address(t)
	a := w.runs(1)
	a.write(request{Type: "unbound", At: a.serves(m)})
	m.Host = "0.0.0.0"
	a.serves(m)
}

// A program may close a server before it has an answer, and bind the address at once again.
func TestClosedBeforeTheAnswer(t *testing.T) {
	w := newWorld(t, Config{})
	_, m := address(t)
	a := w.runs(1)
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
	one := w.runs(1)
	at, keptAt := one.serves(m), one.serves(k)
	path, _ := w.generation(2)
	w.listens(1, e)
	w.listens(1, kept)
	w.registry.Cutover(1)
	for range 2 {
		one.goes()
	}
	two := connect(t, path)
	two.serves(m)
	two.serves(k)
	w.listens(2, e)
	w.listens(2, kept)
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
