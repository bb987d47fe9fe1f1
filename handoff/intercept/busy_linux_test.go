package intercept

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Go's runtime interrupts system calls by SIGURG to preempt a thread, also one
// that waits for our answer (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV).
func TestBusyGoProgramListens(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.1.1", false)
	g := w.start("go-busy", fmt.Sprint(e.Port()))
	for i := range 50 {
		e.Addr = netipAt(fmt.Sprintf("127.0.1.%d", i+1), e.Port())
		g.heard(handoff.Listening{Gen: 1, Endpoint: e})
	}
	if got := g.line(); got != "listening" {
		t.Errorf("%q", got)
	}
	g.quiet()
}

func TestBusyGoProgramListensAgain(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	g := w.start("go-reopen", e.Addr.String())
	for range 50 {
		g.heard(handoff.Listening{Gen: 1, Endpoint: e})
	}
	if got := g.line(); got != "done" {
		t.Errorf("%q", got)
	}
	g.quiet()
}

// Go listens by MPTCP unless it is refused, and so can be steered.
func TestGoProgram(t *testing.T) {
	w := newWorld(t)
	e := endpoint(t, "::", false)
	for _, address := range []string{fmt.Sprint(":", e.Port()), e.Addr.String()} {
		g := w.start("go-listen", address)
		g.heard(handoff.Listening{Gen: g.id, Endpoint: e})
		if _, _, err := w.registry.Cutover(g.id); err != nil {
			t.Fatal(err)
		}
		if got := answers(t, e, 3); !slices.Equal(got, []string{"go"}) {
			t.Errorf("%v", got)
		}
	}
}
