package standby

import (
	"errors"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
)

// FuzzStandby plays any order of events and surroundings against the machine of standbys: there is one at most, begun
// only while it is calm and known how, and with the next number. Whenever something serves, it is calm, and a standby
// is possible, there is one, whatever rehearsals do, or a deadline leads to it. A standby that waits ends only when a
// rehearsal has shown more, when somebody stops it, or when it may have credentials and is five minutes old: then no
// generation runs on from it. What an inspection has found out counts until the next generation begins.
func FuzzStandby(f *testing.F) {
	f.Add([]byte{0x30, 0x51, 0x0a, 0x03, 0x07})
	f.Add([]byte{0x30, 0x51, 0x0a, 0x07, 0x07, 0x03, 0x05, 0x03, 0x07})
	f.Add([]byte{0x30, 0x51, 0x4a, 0x51, 0x07, 0x1b, 0x51, 0x0b, 0x51, 0x03, 0x07})
	f.Add([]byte{0x30, 0x51, 0x4a, 0x51, 0x06, 0x2b, 0x51, 0x0b})
	// what began before the inspection ends after it
	f.Add([]byte{0x07, 0x30, 0x51, 0x0a, 0x07, 0x30, 0x51, 0x0a, 0x35})
	f.Add([]byte{0x07, 0x30, 0x51, 0x4a, 0x03, 0x51, 0x07})       // a generation begins during a rehearsal
	f.Add([]byte{0x07, 0x30, 0x51, 0x0a, 0x13, 0x68, 0x05, 0x07}) // a standby with credentials ends
	f.Add([]byte{0x07, 0x30, 0x51, 0x0a, 0x13, 0x58, 0x07})       // a generation adopts it first
	f.Fuzz(func(t *testing.T, data []byte) {
		out := &sum.Effects{}
		m := New(true, true, out)
		m.due = true
		around := Surroundings{Now: time.Unix(0, 0), Next: 1}
		var is *kernel
		rehearses, stops := false, false
		inspected, inspecting, parked := GenID(0), false, GenID(0)
		check := func() {
			for _, fx := range out.Take() {
				switch fx := fx.(type) {
				case Start:
					if is != nil || fx.Gen != around.Next || !around.Calm || !m.known || m.failed >= maxFailed {
						t.Fatalf("%+v beside %+v, %+v, %+v", fx, is, around, m)
					}
					is = &kernel{gen: fx.Gen, began: around.Now}
				case Inspect:
					if fx.Gen != around.Model || inspected == fx.Gen || !around.Calm {
						t.Fatalf("%+v, inspected %d, %+v", fx, inspected, around)
					}
					inspected, inspecting = fx.Gen, true
				case Rehearse:
					if rehearses || is == nil || is.told || fx.Model != around.Model || fx.Model == 0 || !around.Calm ||
						m.learn || m.failed >= maxFailed {
						t.Fatalf("%+v beside %+v, %+v, %+v", fx, is, around, m)
					}
					rehearses = true
				case StopRehearsal:
					if !rehearses {
						t.Fatal("there is no rehearsal to stop")
					}
				case Stop:
					if is == nil || is.gen != fx.Gen || is.told && !fx.Now ||
						!stops && (!is.shown || !is.waits || rehearses || m.learn) {
						t.Fatalf("%+v, standby %+v", fx, is)
					}
					is.told = true
				case Resume:
					if fx.Gen == 0 || fx.Gen != parked {
						t.Fatalf("%d runs on, and %d is parked", fx.Gen, parked)
					}
					parked = 0
				}
			}
			if (m.is == nil) != (is == nil) || m.rehearses != rehearses || m.Quiet() != (is == nil && !rehearses) ||
				m.Parked() != parked {
				t.Fatalf("%+v, standby %+v, rehearses %v, parked %d", m, is, rehearses, parked)
			}
			if is != nil && (m.is.Generation != around.Next || m.is.stopped() != is.told ||
				m.is.waits() != (is.waits && !is.told)) {
				t.Fatalf("standby %+v, %+v, %+v", m.is, is, around)
			}
			if is == nil && m.known && m.due && m.canMake(around) {
				t.Fatalf("none is begun: %+v, %+v", m, around)
			}
			if !m.at.IsZero() && !m.canMake(around) {
				t.Fatalf("due at %v, %+v", m.at, around)
			}
			if m.at.IsZero() && (m.mayBegin(around) || m.mayRehearse(around) || m.mayInspect(around) ||
				m.mayReplace(around)) {
				t.Fatalf("nothing sees to a standby, a rehearsal or an inspection: %+v, %+v", m, around)
			}
		}
		handle := func(ev Event) {
			m.Handle(ev, around)
			m.Advance(around)
			check()
		}
		whys := [...]Why{Asked, Refused, Failed, Unknown}
		for _, b := range data[:min(len(data), 200)] {
			arg := b >> 4
			switch b & 15 {
			case 0:
				around.Calm, around.Model, around.Expected = arg&1 != 0, GenID(arg>>1&1)*(around.Next-1), arg&4 != 0
			case 1, 2:
				around.Now = around.Now.Add(time.Duration(arg) * 100 * time.Millisecond)
				if !m.at.IsZero() && !around.Now.Before(m.at) {
					m.Calm(around)
				}
			case 3:
				if is != nil {
					ev := Waits{Gen: is.gen}
					if arg&1 != 0 {
						ev.By = "./vault"
					}
					is.given = is.given || !is.waits && !is.told && ev.By != ""
					is.waits = is.waits || !is.told
					handle(ev)
				}
			case 4:
				if arg&1 == 0 {
					handle(Waits{Gen: around.Next - 1})
				} else {
					parked = 0
					handle(Ended{Gen: around.Next - 1, Why: whys[arg>>1%4], Err: errNoGood}) // it starts cold
				}
			case 5:
				if is != nil {
					gen, found := is.gen, m.known && is.found
					is = nil
					handle(Ended{Gen: gen, Why: whys[arg%4], Err: errNoGood})
					if found && !m.known {
						t.Fatalf("what was found out of generation %d is lost: %+v", m.inspected, m)
					}
				}
			case 6:
				stops = true
				m.Stop(arg&1 != 0)
			case 7:
				old, ended := is.old(around.Now) && !is.told, false
				adopted, waits, cold := m.Adopt(around.Next, around.Now)
				for _, fx := range out.Take() {
					_, stop := fx.(Stop)
					ended = ended || stop
				}
				if waits && old || ended != old {
					t.Fatalf("adopted %+v at %v, ended %v", is, around.Now, ended)
				}
				if adopted != (is != nil) || waits && !is.waits || cold && (is != nil || !m.known) {
					t.Fatalf("adopted %v, waits %v, parked cold %v, standby %+v", adopted, waits, cold, is)
				}
				parked = 0
				if adopted && !waits || cold {
					parked = around.Next
				}
				is, around.Next = nil, around.Next+1
				if inspecting {
					inspected, inspecting = 0, false
				}
			case 8:
				around.Now = around.Now.Add(time.Duration(arg) * time.Minute)
				if arg&1 == 0 { // else the computer sleeps
					stops = is.old(around.Now)
					m.Expire(around.Now)
				}
			case 10:
				if is != nil && inspecting && arg&3 < 2 {
					is.found = true
				}
				stops = arg&3 == 3
				handle(Inspected{Gen: inspected, Learn: arg&4 != 0, Why: [...]Why{"", "", Unknown, Refused}[arg&3],
					Err: [...]error{nil, nil, errNoGood, errNoGood}[arg&3]})
				inspecting = false
			case 11:
				rehearses = false
				ev := Rehearsed{Learn: arg&1 != 0, Why: whys[arg>>1&3], Err: errNoGood}
				if arg&8 != 0 {
					ev.Why, ev.Err = Failed, nil
				}
				if is != nil {
					is.shown = is.shown || ev.Err == nil
				}
				handle(ev)
			}
			m.Advance(around)
			check()
			stops = false
		}
	})
}

// kernel is a standby, as the kernel sees the process.
type kernel struct {
	gen         GenID
	told, waits bool
	found       bool // an inspection has ended since it was started
	shown       bool // a rehearsal has come to its end since
	given       bool // it may have credentials
	began       time.Time
}

func (k *kernel) old(now time.Time) bool {
	return k != nil && k.waits && k.given && now.Sub(k.began) >= 5*time.Minute
}

var errNoGood = errors.New("no good")
