package place

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// leaseWorld is claims, of which it knows itself who was told what.
type leaseWorld struct {
	t        *testing.T
	l        leases
	foremost handoff.GenID
	states   map[handoff.GenID]string
	claims   []*claim // that have not ended, oldest first
	granted  map[*claim]bool
	revoked  map[*claim]bool
	log      string
}

func newLeaseWorld(t *testing.T) *leaseWorld {
	return &leaseWorld{t: t, l: leases{byName: map[string]*lease{}}, granted: map[*claim]bool{},
		revoked: map[*claim]bool{}}
}

func (w *leaseWorld) obey(changed []*claim) {
	for _, c := range changed {
		switch {
		case !slices.Contains(w.claims, c):
			w.t.Fatalf("a claim that has ended is told something\n%s", w.log)
		case c.state == revoked && c.gen == w.foremost:
			w.t.Fatalf("the foremost generation is asked for its lease\n%s", w.log)
		case c.state == revoked && (!w.granted[c] || w.revoked[c]):
			w.t.Fatalf("a claim is asked for what it does not have, or twice\n%s", w.log)
		case c.state == revoked:
			w.revoked[c] = true
		case w.granted[c]:
			w.t.Fatalf("a lease is granted twice to one claim\n%s", w.log)
		case c.gen != w.foremost:
			w.t.Fatalf("generation %d gets a lease, and %d is foremost\n%s", c.gen, w.foremost, w.log)
		default:
			w.granted[c] = true
		}
	}
	w.check()
}

// check looks for what must hold after each step.
func (w *leaseWorld) check() {
	holder, waits, names := map[string]*claim{}, map[string]bool{}, map[string]bool{}
	for _, c := range w.claims {
		names[c.name] = true
		if w.granted[c] {
			if holder[c.name] != nil {
				w.t.Fatalf("two have %s\n%s", c.name, w.log)
			}
			holder[c.name] = c
		} else if c.gen == w.foremost {
			waits[c.name] = true
		}
	}
	for name := range names {
		h := holder[name]
		switch {
		case h == nil && waits[name]:
			w.t.Fatalf("nobody has %s, and the foremost generation asks\n%s", name, w.log)
		case h != nil && !w.revoked[h] && h.gen != w.foremost &&
			(waits[name] || w.states[h.gen] == report.StateDraining):
			w.t.Fatalf("generation %d is not asked for %s\n%s", h.gen, name, w.log)
		}
	}
	if len(w.l.byName) != len(names) {
		w.t.Fatalf("%d leases are known, %d are wanted\n%s", len(w.l.byName), len(names), w.log)
	}
}

func (w *leaseWorld) act(op, arg byte) {
	name, gen := string('a'+rune(arg>>2&1)), handoff.GenID(arg&3)+1
	switch op % 4 {
	case 0:
		c := &claim{name: name, gen: gen}
		w.log += fmt.Sprintf("%d wants %s\n", gen, name)
		w.claims = append(w.claims, c)
		w.obey(w.l.want(c))
	case 1, 2:
		for i, c := range w.claims {
			if op%4 == 1 && (!w.granted[c] || c.name != name) || op%4 == 2 && i != int(arg)%len(w.claims) {
				continue
			}
			w.log += fmt.Sprintf("%d ends with %s\n", c.gen, c.name)
			w.claims = append(w.claims[:i:i], w.claims[i+1:]...)
			w.obey(w.l.end(c))
			w.obey(w.l.end(c)) // as a release that comes when the process has just ended
			break
		}
	default:
		w.foremost = handoff.GenID(arg & 7 % 5)
		w.states = map[handoff.GenID]string{}
		for g := handoff.GenID(1); g <= 4; g++ {
			if g != w.foremost && arg>>(2+g)&1 != 0 {
				w.states[g] = report.StateDraining
			}
		}
		w.log += fmt.Sprintf("%d is foremost, the others are %v\n", w.foremost, w.states)
		w.obey(w.l.move(w.foremost, w.states))
	}
}

// FuzzLeases looks for an order of events in which two have a lease, or none for no reason.
func FuzzLeases(f *testing.F) {
	f.Add([]byte{3, 1, 0, 0, 0, 1, 3, 0x0a, 1, 0, 3, 1})
	f.Add([]byte{0, 4, 0, 0, 3, 2, 3, 0xff, 2, 1, 1, 0, 3, 0})
	for seed := range byte(100) {
		steps := make([]byte, 400)
		_, _ = rand.NewChaCha8([32]byte{seed}).Read(steps)
		f.Add(steps)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w := newLeaseWorld(t)
		for i := 0; i+1 < min(len(data), 400); i += 2 {
			w.act(data[i], data[i+1])
		}
	})
}
