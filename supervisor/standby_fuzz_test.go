package supervisor

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

// FuzzStandby plays any order of events and surroundings against the machine of standbys:
// they begin one after the other, never more than are wanted, only while it is calm and known
// how, and each is ended once unless that is urgent. A trial that does not wait is passed over.
func FuzzStandby(f *testing.F) {
	f.Add([]byte{0x30, 0x51, 0x0a, 0x03, 0x07})
	f.Add([]byte{0x30, 0x51, 0x0a, 0x0b, 0x07, 0x07, 0x03, 0x05, 0x03, 0x07})
	f.Add([]byte{0x30, 0x51, 0x0a, 0x03, 0x30, 0x07, 0x30, 0x07, 0x30, 0x03, 0x13, 0xf1, 0xf1})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := standbyMachine{enabled: true, delay: 300 * time.Millisecond, due: true, depth: 1}
		now := epoch
		var alive []*aheadOf
		inspected, inspecting := GenID(0), false
		around := surroundings{next: 1}
		check := func(effects []effect) {
			for _, fx := range effects {
				switch fx := fx.(type) {
				case fxStartStandby:
					if slices.ContainsFunc(alive, func(a *aheadOf) bool { return !a.waits || a.gen >= fx.gen }) || fx.gen < around.next || !around.calm || !s.known || s.paused || s.off {
						t.Fatalf("%+v beside %d, %+v, %+v", fx, len(alive), around, s)
					}
					alive = append(alive, &aheadOf{gen: fx.gen})
				case fxInspect:
					if fx.gen != around.model || inspected == fx.gen || !around.calm {
						t.Fatalf("%+v, inspected %d, %+v", fx, inspected, around)
					}
					inspected, inspecting = fx.gen, true
				case fxPassStandby:
					at := slices.IndexFunc(alive, func(a *aheadOf) bool { return a.gen == fx.gen })
					if at < 0 || alive[at].told || alive[at].mayBeTaken() || fx.gen >= around.next {
						t.Fatalf("%+v, alive %d, %+v", fx, len(alive), around)
					}
				case fxStopStandby:
					at := slices.IndexFunc(alive, func(a *aheadOf) bool { return a.gen == fx.gen })
					if at < 0 || alive[at].told && !fx.now {
						t.Fatalf("%+v, alive %d", fx, len(alive))
					}
					alive[at].told = true
				}
			}
			if len(s.all) != len(alive) || s.depth < 1 || s.depth > maxDepth || s.depth > 1 && s.lower.IsZero() {
				t.Fatalf("standbys %+v, alive %d", s, len(alive))
			}
			if slices.ContainsFunc(s.all, func(c *standby) bool { return c.gen < around.next && !c.stopped && (c.begun && !c.trial || c.waiting) }) {
				t.Fatalf("a standby is left behind: %+v, %+v", s, around)
			}
			if s.mayBegin(around) && !s.again {
				t.Fatalf("none is begun: %+v, %+v", s, around)
			}
			if !s.at.IsZero() && !s.canMake(around) {
				t.Fatalf("due at %v, %+v", s.at, around)
			}
		}
		for _, b := range data[:min(len(data), 200)] {
			arg := b >> 4
			var one *aheadOf
			if len(alive) > 0 {
				one = alive[int(arg)%len(alive)]
			}
			switch b & 15 {
			case 0:
				around.calm, around.model, around.waiting = arg&1 != 0, GenID(arg>>1&1)*(around.next-1), arg&4 != 0
			case 1, 2:
				if now = now.Add(time.Duration(arg) * 100 * time.Millisecond); !s.at.IsZero() && !now.Before(s.at) {
					check(s.calm(now, around))
				}
				if b&15 == 2 {
					now = now.Add(time.Duration(arg) * 10 * time.Second)
				}
				if !s.lower.IsZero() && !now.Before(s.lower) {
					s.lower = time.Time{}
					check(s.shallow())
				}
			case 3:
				if one == nil {
					break
				}
				one.waits = one.waits || !one.told
				check(s.step(now, evStandbyReady{gen: one.gen}, around))
			case 5:
				if one == nil {
					break
				}
				alive = slices.DeleteFunc(alive, func(a *aheadOf) bool { return a == one })
				why := [...]standbyEnd{standbyAsked, standbyRefused, standbyFailed, standbyDiscarded, standbyOutdated, standbyUnknown}[arg%6]
				check(s.step(now, evStandbyEnded{gen: one.gen, why: why, err: errNoGood}, around))
			case 6:
				check(s.stop(0, arg&1 != 0))
			case 7:
				gen, waits := s.adopt(now, arg&1 == 0)
				at := slices.IndexFunc(alive, (*aheadOf).mayBeTaken)
				if (gen != 0) != (at >= 0) || gen != 0 && (alive[at].gen != gen || gen < around.next || waits != alive[at].waits) {
					t.Fatalf("adopted %d, which waits: %v, alive %d", gen, waits, len(alive))
				}
				if gen != 0 {
					alive = slices.Delete(alive, at, at+1)
				}
				around.next = cmp.Or(gen, s.free(around.next)) + 1
				passed := s.pass(around.next - 1)
				check(append(passed, s.step(now, nil, around)...))
				if inspecting {
					inspected, inspecting = 0, false
				}
			case 11:
				if one != nil && !one.waits && !one.begun {
					one.begun, one.trial = true, arg&1 == 0
					check(s.step(now, evStandbyBegun{gen: one.gen, trial: one.trial}, around))
				}
			case 8:
				s.paused = true
			case 9:
				s.resume()
			case 10:
				check(s.step(now, evInspected{gen: inspected, err: [...]error{nil, nil, ErrUnknown, errNoGood}[arg&3]}, around))
				inspecting = false
			}
			check(s.step(now, nil, around))
		}
	})
}
