package main

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor"
)

func TestParseWebSocket(t *testing.T) {
	for text, want := range map[string]node.Rule{
		"tell":           {},
		"keep":           {Keep: true},
		"keep:/a/**":     {Pattern: "/a/**", Keep: true},
		"replay:/{a,b}":  {Pattern: "/{a,b}", Keep: true, Replay: 1},
		"replay=3":       {Keep: true, Replay: 3},
		"tell:/with:two": {Pattern: "/with:two"},
	} {
		if got, err := parseWebSocket(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

// Who cannot be moved is told while its process may still answer: the stop signal
// comes 3 s before the end of --drain-timeout.
func TestWithinTheDrain(t *testing.T) {
	for drain, want := range map[time.Duration]time.Duration{
		0: 5 * time.Second, time.Minute: 5 * time.Second, 10 * time.Second: 5 * time.Second,
		6 * time.Second: 1500 * time.Millisecond, 4 * time.Second: 500 * time.Millisecond, time.Second: 100 * time.Millisecond,
	} {
		if got := within(drain); got != want {
			t.Errorf("--drain-timeout %v: within %v, not %v", drain, got, want)
		}
	}
}

func TestParting(t *testing.T) {
	keep := options{websocket: []node.Rule{{Keep: true}}, drainTimeout: 10 * time.Second, spread: time.Second}
	tell := options{websocket: []node.Rule{{Pattern: "/a"}}}
	registry := reuseport.NewRegistry(nil)
	for name, c := range map[string]struct {
		o       options
		s       supervisor.Strategy
		r       supervisor.DrainRequest
		code    int
		keeping bool
	}{
		"a swap":       {keep, supervisor.Overlap, supervisor.DrainRequest{Steered: true}, 1012, true},
		"the end":      {keep, supervisor.Overlap, supervisor.DrainRequest{}, 1001, false},
		"stop first":   {keep, supervisor.StopFirst, supervisor.DrainRequest{Steered: true}, 1012, false},
		"nothing kept": {tell, supervisor.Overlap, supervisor.DrainRequest{Steered: true}, 1012, false},
	} {
		g := partingOf(c.o, registry, c.s).manner(c.r).Goodbye
		if g == nil || g.Code != c.code || (g.Keep != nil) != c.keeping {
			t.Errorf("%s: %+v", name, g)
		}
	}
	registry.Surrender()
	if g := partingOf(keep, registry, supervisor.Overlap).manner(supervisor.DrainRequest{Steered: true}).Goodbye; g.Keep != nil || g.Code != 1012 {
		t.Errorf("after a renewal: %+v", g)
	}
	if g := partingOf(keep, registry, supervisor.Overlap).manner(supervisor.DrainRequest{Steered: true, Held: true}).Goodbye; g != nil {
		t.Errorf("held: %+v", g)
	}
}
