package engine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

func TestDrainPolicy(t *testing.T) {
	keep := options.Options{KeepWebSockets: true, DrainTimeout: 10 * time.Second}
	tell := options.Options{}
	for name, c := range map[string]struct {
		o       options.Options
		r       run.DrainSpec
		code    int // 0: WebSockets and event streams go on
		keeping bool
		moves   bool // connections between two requests
	}{
		"a swap":       {keep, run.DrainSpec{Steered: true}, 1012, true, true},
		"the end":      {keep, run.DrainSpec{}, 1001, false, false},
		"stop first":   {keep, run.DrainSpec{Steered: true, StopFirst: true}, 1012, false, true},
		"nothing kept": {tell, run.DrainSpec{Steered: true}, 1012, false, true},
		"held":         {keep, run.DrainSpec{Steered: true, Reserve: true}, 1012, true, true},
		"held, nothing watched": {options.Options{NoWatch: true}, run.DrainSpec{Steered: true, Reserve: true}, 0,
			false, true},
		"later, nothing watched": {options.Options{NoWatch: true}, run.DrainSpec{Steered: true}, 1012, false, true},
	} {
		c.r.Last = func() bool { return false }
		o := drainPolicy(c.o).options(c.r)
		g := o.CloseReason
		if (g == nil) != (c.code == 0) || g != nil && (g.Code != c.code || (g.Keep != nil) != c.keeping) ||
			o.Moves != c.moves || o.Next != c.moves || o.StopFirst != c.r.StopFirst || o.Reserve != c.r.Reserve {
			t.Errorf("%s: %+v, %+v", name, o, g)
		}
	}
	if o := drainPolicy(keep).options(run.DrainSpec{Steered: true, Last: func() bool { return true }}); o.Moves ||
		!o.Next || o.CloseReason.Keep != nil || o.CloseReason.Code != 1012 {
		t.Errorf("after an upgrade: %+v", o)
	}
}
