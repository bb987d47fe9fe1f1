package supervisor

import (
	"testing"
	"time"
)

// FuzzStandby plays any order of events and surroundings against the machine of standbys:
// there is one at most, begun only while it is calm and known how, and with the next number. A
// rehearsal that is wanted goes before it, and neither boots beside the other.
func FuzzStandby(f *testing.F) {
	f.Add([]byte{0x30, 0x51, 0x0a, 0x03, 0x07})
	f.Add([]byte{0x30, 0x51, 0x0a, 0x07, 0x07, 0x03, 0x05, 0x03, 0x07})
	f.Add([]byte{0x30, 0x51, 0x4a, 0x51, 0x07, 0x1b, 0x51, 0x0b, 0x51, 0x03, 0x07})
	f.Add([]byte{0x30, 0x51, 0x4a, 0x51, 0x06, 0x2b, 0x51, 0x0b})
	f.Fuzz(func(t *testing.T, data []byte) {
		s := standbyMachine{enabled: true, delay: 300 * time.Millisecond, due: true}
		now := epoch
		var is *aheadOf
		rehearses := false
		inspected, inspecting := GenID(0), false
		around := surroundings{next: 1}
		check := func(effects []effect) {
			for _, fx := range effects {
				switch fx := fx.(type) {
				case fxStartStandby:
					if is != nil || rehearses || fx.gen != around.next || !around.calm || !s.known || s.paused || s.off || s.learn && fx.model != 0 {
						t.Fatalf("%+v beside %+v, %+v, %+v", fx, is, around, s)
					}
					is = &aheadOf{gen: fx.gen}
				case fxInspect:
					if fx.gen != around.model || inspected == fx.gen || !around.calm {
						t.Fatalf("%+v, inspected %d, %+v", fx, inspected, around)
					}
					inspected, inspecting = fx.gen, true
				case fxRehearse:
					if rehearses || is != nil && !is.waits || fx.model != around.model || fx.model == 0 || !around.calm || s.learn || s.paused || s.off {
						t.Fatalf("%+v beside %+v, %+v, %+v", fx, is, around, s)
					}
					rehearses = true
				case fxStopRehearsal:
					if !rehearses {
						t.Fatal("there is no rehearsal to stop")
					}
				case fxStopStandby:
					if is == nil || is.gen != fx.gen || is.told && !fx.now {
						t.Fatalf("%+v, standby %+v", fx, is)
					}
					is.told = true
				}
			}
			if (s.is == nil) != (is == nil) || s.rehearses != rehearses || s.quiet() != (is == nil && !rehearses) {
				t.Fatalf("%+v, standby %+v, rehearses %v", s, is, rehearses)
			}
			if s.is != nil && (s.is.gen != around.next || s.is.waiting != is.waits || s.is.stopped != is.told) {
				t.Fatalf("standby %+v, %+v, %+v", s.is, is, around)
			}
			if (s.mayBegin(around) || s.mayRehearse(around)) && !s.again {
				t.Fatalf("none is begun: %+v, %+v", s, around)
			}
			if !s.at.IsZero() && !s.canMake(around) {
				t.Fatalf("due at %v, %+v", s.at, around)
			}
			if s.at.IsZero() && (s.mayRehearse(around) || s.mayInspect(around)) {
				t.Fatalf("nothing sees to a rehearsal or an inspection: %+v, %+v", s, around)
			}
		}
		for _, b := range data[:min(len(data), 200)] {
			arg := b >> 4
			switch b & 15 {
			case 0:
				around.calm, around.model, around.waiting = arg&1 != 0, GenID(arg>>1&1)*(around.next-1), arg&4 != 0
			case 1, 2:
				if now = now.Add(time.Duration(arg) * 100 * time.Millisecond); !s.at.IsZero() && !now.Before(s.at) {
					effects := s.calm(now, around)
					check(append(effects, s.step(now, nil, around)...))
				}
			case 3:
				if is != nil {
					is.waits = is.waits || !is.told
					check(s.step(now, evStandbyReady{gen: is.gen}, around))
				}
			case 5:
				if is != nil {
					gen := is.gen
					is = nil
					why := [...]standbyEnd{standbyAsked, standbyRefused, standbyFailed, standbyUnknown}[arg%4]
					check(s.step(now, evStandbyEnded{gen: gen, why: why, err: errNoGood}, around))
				}
			case 6:
				check(append(s.stop(arg&1 != 0), s.step(now, nil, around)...))
			case 7:
				taken := s.adopt()
				if (taken == nil) != (is == nil) || taken != nil && taken.gen != around.next {
					t.Fatalf("adopted %+v, standby %+v", taken, is)
				}
				is, around.next = nil, around.next+1
				if inspecting {
					inspected, inspecting = 0, false
				}
				check(s.step(now, nil, around))
			case 8:
				s.paused = true
			case 9:
				s.resume()
			case 10:
				check(s.step(now, evInspected{gen: inspected, learn: arg&4 != 0, err: [...]error{nil, nil, ErrUnknown, errNoGood}[arg&3]}, around))
				inspecting = false
			case 11:
				rehearses = false
				why := [...]standbyEnd{standbyFailed, standbyRefused, standbyAsked, standbyUnknown}[arg>>1&3]
				check(s.step(now, evRehearsed{learn: arg&1 != 0, why: why, err: errNoGood}, around))
			}
			check(s.step(now, nil, around))
		}
	})
}
