package supervisor

import (
	"errors"
	"testing"
	"time"
)

// FuzzStandby plays any order of events and surroundings against the machine of standbys:
// at most one standby lives, it is begun only while it is calm, and ended once unless that
// is urgent.
func FuzzStandby(f *testing.F) {
	f.Add([]byte{0x10, 0x12, 0x03, 0x05, 0x07})
	f.Add([]byte{0x10, 0x12, 0x03, 0x14, 0x12, 0x06, 0x02, 0x12})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := standbyMachine{enabled: true, delay: 300 * time.Millisecond, due: true}
		now, alive, stopped := epoch, GenID(0), false
		inspected, inspecting := GenID(0), false
		around := surroundings{next: 1}
		check := func(effects []effect) {
			for _, fx := range effects {
				switch fx := fx.(type) {
				case fxStartStandby:
					if alive != 0 || !around.calm || fx.gen != around.next || s.paused || s.off {
						t.Fatalf("%+v beside %d, %+v, %+v", fx, alive, around, s)
					}
					if !s.known {
						t.Fatalf("%+v, and nobody knows how", fx)
					}
					alive, stopped = fx.gen, false
				case fxInspect:
					if fx.gen != around.model || inspected == fx.gen || !around.calm {
						t.Fatalf("%+v, inspected %d, %+v", fx, inspected, around)
					}
					inspected, inspecting = fx.gen, true
				case fxStopStandby:
					if alive != fx.gen || stopped && !fx.now {
						t.Fatalf("%+v, alive %d, stopped %v", fx, alive, stopped)
					}
					stopped = true
				}
			}
			if (s.current != nil) != (alive != 0) {
				t.Fatalf("standby %+v, alive %d", s.current, alive)
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
			switch b & 15 {
			case 0:
				around.calm, around.model, around.waiting = arg&1 != 0, GenID(arg>>1&1)*(around.next-1), arg&4 != 0
				check(s.step(now, nil, around))
			case 1, 2:
				if now = now.Add(time.Duration(arg) * 100 * time.Millisecond); !s.at.IsZero() && !now.Before(s.at) {
					check(s.calm(now, around))
				}
				check(s.step(now, nil, around))
			case 3:
				check(s.step(now, evStandbyReady{gen: around.next - GenID(arg&1)}, around))
			case 5:
				if alive == 0 {
					break
				}
				alive = 0
				why := [...]standbyEnd{standbyAsked, standbyRefused, standbyFailed, standbyDiscarded, standbyOutdated, standbyUnknown}[arg%6]
				check(s.step(now, evStandbyEnded{gen: around.next, why: why, err: errors.New("ended")}, around))
			case 6:
				check(s.stop(arg&1 != 0))
			case 7:
				if exists, waits := s.adopt(); exists != (alive != 0) || waits && !exists {
					t.Fatalf("adopted: %v, alive %d", exists, alive)
				}
				alive = 0
				around.next++
				if inspecting {
					inspected, inspecting = 0, false
				}
				check(s.step(now, nil, around))
			case 10:
				check(s.step(now, evInspected{gen: inspected, err: [...]error{nil, nil, ErrUnknown, errNoGood}[arg&3]}, around))
				inspecting = false
			case 8:
				s.paused = true
				check(s.step(now, nil, around))
			case 9:
				s.resume()
				check(s.step(now, nil, around))
			}
		}
	})
}
