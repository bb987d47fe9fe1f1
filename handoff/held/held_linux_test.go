package held

import (
	"fmt"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A generation listens at once, and accepts from its cutover on; the one before has stopped by then. A rollback is the
// same. Clients wait in the one queue.
func TestGenerationsTakeTurns(t *testing.T) {
	w := newWorld(t, Config{})
	e, m := address(t)
	one := w.runs(1)
	at := one.serves(m)
	w.listens(1, e)
	waits := client(t, e)
	w.cutover(1, e)
	_, fd := one.reads("go")
	accepts(t, fd, "one")
	if got := waits(); got != "one" {
		t.Error(got)
	}
	path, end := w.generation(2)
	two := connect(t, path)
	two.serves(m)
	w.listens(2, e)
	done := make(chan time.Duration)
	go func() { done <- w.cutover(2, e) }()
	stop, _ := one.reads("stop")
	waits = client(t, e)
	one.write(request{Type: "stopped", At: at, Turn: stop.Turn})
	_, fd = two.reads("go")
	accepts(t, fd, "two")
	if took := <-done; waits() != "two" || took >= patience {
		t.Errorf("the cutover took %v", took)
	}
	if took := w.cutover(2, e); took >= patience {
		t.Errorf("again: %v", took)
	}
	two.Close() // a crash
	end()
	w.registry.CloseUnserved()
	waits = client(t, e)
	w.cutover(1, e)
	_, fd = one.reads("go")
	accepts(t, fd, "one again")
	if got := waits(); got != "one again" {
		t.Error(got)
	}
}

// A process that does not answer holds a cutover up for a moment only, and one that ends for no longer.
func TestCutoverWaitsForNobody(t *testing.T) {
	w := newWorld(t, Config{})
	e, m := address(t)
	one := w.runs(1)
	one.serves(m)
	w.listens(1, e)
	w.cutover(1, e)
	for gen := handoff.GenID(2); gen <= 3; gen++ {
		w.runs(gen).serves(m)
		w.listens(gen, e)
	}
	if took := w.cutover(2, e); took < patience {
		t.Errorf("it took %v", took)
	}
	if !w.registry.Queue(2) || w.registry.Queue(2) {
		t.Error("a generation parks once")
	}
	if took := w.cutover(3, e); took < patience { // the others have not answered yet
		t.Errorf("it took %v", took)
	}
}

// Parked clients wait for the next generation, whose process may ask early.
func TestEarly(t *testing.T) {
	w := newWorld(t, Config{Early: true})
	_, m := address(t)
	for gen := handoff.GenID(1); gen <= 2; gen++ {
		path, end := w.generation(gen)
		a := connect(t, path)
		a.serves(m)
		a.reads("go")
		if gen == 1 {
			other := w.runs(9)
			other.serves(m)
			if got, _ := other.bind(m); got.Type != "refused" {
				t.Errorf("%+v", got) // and no go before
			}
		}
		end()
	}
}

// Within a generation an address is given once, as the kernel does it.
func TestBindsOfOneGeneration(t *testing.T) {
	w := newWorld(t, Config{Denies: func(_, _ int, port uint16) bool { return port < 1024 }})
	e, m := address(t)
	path, _ := w.generation(1)
	a, b := connect(t, path), connect(t, path)
	at := a.serves(m)
	w.listens(1, e)
	wildcard, shared := m, m
	wildcard.Host, shared.Shared = "", true
	for name, c := range map[string]request{"again": m, "the wildcard": wildcard, "shared": shared} {
		for _, who := range []*adapter{a, b} {
			if got, _ := who.bind(c); got.Type != "refused" || got.Code != "EADDRINUSE" {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
	a.write(request{Type: "unbound", At: at})
	a.serves(shared)
	b.serves(shared)
	w.listens(1, e)
	w.listens(1, e)
	w.cutover(1, e)
	a.reads("go")
	b.reads("go")
	for name, c := range map[string]bind{
		"port 0": {Host: "127.0.0.1"}, "a path": {Host: "/tmp/x", Port: 1}, "a zone": {Host: "fe80::1%lo", Port: 4000},
		"no port": {Host: "::", Port: 70000}, "a low port": {Host: "::", Port: 80},
	} {
		if got, _ := a.bind(request{bind: c}); got.Type != "refused" || got.Code != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	taken := testkit.Must(net.Listen("tcp4", "127.0.0.1:0"))(t)
	defer taken.Close()
	at2 := taken.Addr().(*net.TCPAddr).AddrPort()
	if got, _ := a.bind(request{bind: bind{Host: "127.0.0.1", Port: int(at2.Port())}}); got.Code != "EADDRINUSE" {
		t.Errorf("another program's: %+v", got)
	}
	w.event(handoff.AddressInUse{Gen: 1, Endpoint: handoff.Endpoint{Network: "tcp4", Addr: at2}})
	if got, _ := a.bind(request{bind: bind{Host: "192.0.2.1", Port: 4000}}); got.Code != "EADDRNOTAVAIL" {
		t.Errorf("an address of another machine: %+v", got)
	}
}

// A newer generation that wants an address which an older one excludes follows it.
func TestExcludedByAnOlderGeneration(t *testing.T) {
	w := newWorld(t, Config{})
	e, m := address(t)
	path, end := w.generation(1)
	connect(t, path).serves(m)
	w.listens(1, e)
	path, _ = w.generation(2)
	two, wildcard := connect(t, path), m
	wildcard.Host = "0.0.0.0"
	if got, _ := two.bind(wildcard); got.Code != "EADDRINUSE" {
		t.Errorf("%+v", got)
	}
	if ev, is := (<-w.events).(handoff.Unshared); !is || ev.Gen != 2 {
		t.Errorf("%+v", ev)
	}
	end()
	if got, _ := two.bind(wildcard); got.Type != "socket" {
		t.Errorf("%+v", got)
	}
	if got := w.registry.Endpoints(1); len(got) > 0 {
		t.Errorf("an ended generation has %v", got)
	}
}

// Whoever is answered finds the address among those at which the generation listens, also before the adapter has said
// so.
func TestListensBeforeItAnswers(t *testing.T) {
	w := newWorld(t, Config{Early: true})
	e, m := address(t)
	a := w.runs(1)
	a.bind(m)
	a.write(request{Type: "accepts", At: e.String()})
	a.reads("go")
	if got := w.registry.Endpoints(1); len(got) != 1 || got[0] != e {
		t.Errorf("%v", got)
	}
}

// Nothing is left of generations that have come and gone.
func TestNothingIsLeft(t *testing.T) {
	tmp := newWorld(t, Config{}).tmp
	testkit.NothingLeft(t, 5, func(int) {
		w := newWorld(t, Config{})
		w.tmp = tmp
		e, m := address(t)
		path, end := w.generation(1)
		a := connect(t, path)
		_, fd := a.bind(m)
		_ = unix.Close(fd)
		a.Close()
		end()
		w.registry.CloseUnserved()
		w.registry.Close()
		if _, err := w.registry.holdLocked(e); err == nil {
			t.Error("a closed registry opens a socket")
		}
	})
}

// A program that binds very many addresses binds the rest by itself.
func TestManyAddresses(t *testing.T) {
	w := newWorld(t, Config{})
	a := w.runs(1)
	for range maxClaims {
		_, m := address(t)
		got, fd := a.bind(m)
		if got.Type != "socket" {
			t.Fatalf("%+v", got)
		}
		_ = unix.Close(fd)
	}
	_, m := address(t)
	if got, _ := a.bind(m); got.Type != "refused" || got.Code != "" {
		t.Errorf("%+v", got)
	}
}

// A standby that has replaced another of its number is not forgotten with that.
func TestStandbyReplacesAnother(t *testing.T) {
	w := newWorld(t, Config{})
	e, m := address(t)
	_, end := w.generation(2)
	path, _ := w.generation(2)
	end()
	connect(t, path).serves(m)
	w.listens(2, e)
	w.cutover(2, e)
}

// A port that the system denies to hotswap, and not to a program with capabilities of its own, is left to the program.
func TestDenied(t *testing.T) {
	for want, err := range map[string]error{"": os.NewSyscallError("bind", unix.EACCES),
		"EADDRNOTAVAIL": os.NewSyscallError("bind", unix.EADDRNOTAVAIL)} {
		if got := code(fmt.Errorf("hold: %w", err)); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

// What a process has opened by itself counts only while it does not ask for its sockets.
func TestOwnSocketsOfAProcessThatAsks(t *testing.T) {
	var last atomic.Pointer[[]int]
	w := newWorld(t, Config{Own: func(pids []int) ([]handoff.Endpoint, []uint64, bool) {
		last.Store(&pids)
		return nil, nil, true
	}})
	path, _ := w.generation(1)
	looksAt := func(want ...int) {
		testkit.Eventually(t, func() error {
			if pids := last.Load(); pids == nil || !slices.Equal(*pids, want) {
				return fmt.Errorf("looks at %v, want %v", pids, want)
			}
			return nil
		})
	}
	looksAt(os.Getpid())
	_, m := address(t)
	connect(t, path).bind(m)
	looksAt()
}
