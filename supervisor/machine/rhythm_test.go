package machine

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// studio is a machine on which somebody saves in a rhythm: processes boot on two processors,
// which they share, and read the project's files when their own code begins.
type studio struct {
	t      *testing.T
	m      *Machine
	now    time.Time
	boots  []*booting
	fresh  []time.Duration // from each save until a generation serves that has read it
	saves  []time.Time     // that nobody has served yet
	events []Event         // of the present moment
	learn  int             // so many more rehearsals show something
	warm   int             // starts from a standby
	tried  GenID           // rehearsals that were begun
}

// booting is a process on its way.
type booting struct {
	gen     GenID
	adopted bool
	held    bool          // it waits before its own code until it is resumed
	waits   bool          // it has got there
	left    time.Duration // of the work before its own code, then of its own code
	own     bool          // its own code runs
	read    time.Time     // when that began
	ended   bool

	rehearses bool
	rests     bool // it works only while a processor has nothing else to do
}

const (
	moment     = 10 * time.Millisecond
	processors = 2
	wrappers   = 600 * time.Millisecond // and packages: what comes before a program's own code
	packages   = 300 * time.Millisecond
	ownCode    = 300 * time.Millisecond
	rehearsal  = 2500 * time.Millisecond
)

func (s *studio) of(gen GenID) *booting {
	for _, b := range slices.Backward(s.boots) { // a standby that ended may have had the number
		if b.gen == gen {
			return b
		}
	}
	s.t.Fatalf("no process %d", gen)
	return nil
}

// step gives the machine an event, and carries out what it wants.
func (s *studio) step(ev Event) {
	for _, fx := range s.m.Step(s.now, ev) {
		switch fx := fx.(type) {
		case Start:
			if fx.Standby {
				s.of(fx.Gen).adopted = true
				s.warm++
				break
			}
			s.boots = append(s.boots, &booting{gen: fx.Gen, adopted: true, left: wrappers + packages})
			s.events = append(s.events, Started{Gen: fx.Gen, PID: int(fx.Gen)})
		case standby.Start:
			s.boots = append(s.boots, &booting{gen: fx.Gen, held: true, left: wrappers + packages})
		case standby.Rehearse:
			s.tried++
			s.boots = append(s.boots, &booting{gen: 1<<30 + s.tried, rehearses: true, rests: true, left: rehearsal})
		case standby.Resume:
			s.of(fx.Gen).begin(s.now)
			s.events = append(s.events, Started{Gen: fx.Gen, PID: int(fx.Gen), Standby: true})
		case standby.Inspect:
			s.events = append(s.events, standby.Inspected{Gen: fx.Gen, Learn: s.learn > 0})
		case standby.Stop:
			s.of(fx.Gen).ended = true
			s.events = append(s.events, standby.Ended{Gen: fx.Gen, Why: standby.Asked})
		case Signal:
			b := s.of(fx.Gen)
			if b.ended {
				break
			}
			b.ended = true
			if b.held && !b.own {
				s.events = append(s.events, failedStart(fx.Gen, nil))
				break
			}
			s.events = append(s.events, Exited{Gen: fx.Gen, Exit: report.Exit{Signal: 15}}, Gone{Gen: fx.Gen})
		case Drain:
			s.events = append(s.events, Drained{Gen: fx.Gen})
		case Cutover:
			read := s.of(fx.Gen).read
			s.saves = slices.DeleteFunc(s.saves, func(saved time.Time) bool {
				if !read.Before(saved) {
					s.fresh = append(s.fresh, s.now.Sub(saved))
				}
				return !read.Before(saved)
			})
		}
	}
}

func (b *booting) begin(now time.Time) { b.own, b.waits, b.read, b.left = true, false, now, ownCode }

// pass lets time pass, and the processes work.
func (s *studio) pass(d time.Duration) {
	for range d / moment {
		s.now = s.now.Add(moment)
		working := slices.DeleteFunc(slices.Clone(s.boots), func(b *booting) bool { return b.ended || b.waits || b.left <= 0 })
		busy := 0
		for _, b := range working {
			if !b.rests {
				busy++
			}
		}
		for _, b := range working {
			share := moment * processors / time.Duration(max(processors, busy))
			if b.rests && busy >= processors {
				continue
			}
			b.left -= share
			switch {
			case b.left > 0:
			case b.rehearses:
				b.ended = true
				s.learn--
				s.events = append(s.events, standby.Rehearsed{Why: standby.Failed, Learn: s.learn > 0})
			case b.own:
				s.events = append(s.events, Listening{Gen: b.gen, Endpoint: portA})
			case b.held:
				b.waits = true
				s.events = append(s.events, standby.Waits{Gen: b.gen})
			default:
				b.begin(s.now)
			}
		}
		s.settle()
		for at := s.m.NextDeadline(); !at.IsZero() && !at.After(s.now); at = s.m.NextDeadline() {
			s.step(Tick{})
			s.settle()
		}
	}
}

// settle gives the machine what has happened, until nothing follows from it.
func (s *studio) settle() {
	for len(s.events) > 0 {
		ev := s.events[0]
		s.events = s.events[1:]
		s.step(ev)
	}
}

// saveIn saves in a rhythm, from soon after the first generation serves. So many rehearsals show
// something. It returns the median of the times until each save was served, and how many starts
// were from a standby.
func saveIn(t *testing.T, p Policy, rehearsals int, rhythm []time.Duration) (median time.Duration, warm int) {
	t.Helper()
	s := &studio{t: t, m: New(p, Parent{}), now: epoch, learn: rehearsals}
	s.step(Request{Cause: report.CauseFirst})
	s.pass(wrappers + packages + ownCode + 500*time.Millisecond)
	for _, pause := range rhythm {
		s.saves = append(s.saves, s.now)
		s.step(save("a"))
		s.pass(pause)
	}
	s.pass(time.Minute)
	if len(s.saves) > 0 || len(s.fresh) != len(rhythm) {
		t.Fatalf("%d of %d saves are served", len(s.fresh), len(rhythm))
	}
	slices.Sort(s.fresh)
	return s.fresh[len(s.fresh)/2], s.warm
}

// TestNeverSlower: in whatever rhythm somebody saves, the median of the times until a save is
// served is at most that without standbys.
func TestNeverSlower(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 12))
		var rhythm []time.Duration
		for len(rhythm) < 40 {
			longest := []int{300, 1000, 3000, 10000}[r.IntN(4)] // a burst, or a while of slow work
			for range 1 + r.IntN(8) {
				rhythm = append(rhythm, time.Duration(200+r.IntN(longest-199))*time.Millisecond)
			}
		}
		standbys, _ := saveIn(t, warm, int(seed%4), rhythm)
		cold, _ := saveIn(t, Policy{Watching: true}, 0, rhythm)
		t.Logf("rhythm %d: %v with standbys, %v without", seed, standbys, cold)
		if standbys > cold {
			t.Errorf("rhythm %d: %v with standbys, %v without: %v", seed, standbys, cold, rhythm)
		}
	}
}

// TestRehearsalsOutlastSaves: while somebody saves faster than a rehearsal lasts, there are
// standbys in the end.
func TestRehearsalsOutlastSaves(t *testing.T) {
	for _, pause := range []time.Duration{1300 * time.Millisecond, 2 * time.Second} {
		rhythm := slices.Repeat([]time.Duration{pause}, 30)
		standbys, taken := saveIn(t, warm, 2, rhythm)
		cold, _ := saveIn(t, Policy{Watching: true}, 0, rhythm)
		t.Logf("a save each %v: %v with standbys, of which %d were taken, %v without", pause, standbys, taken, cold)
		if taken == 0 || standbys > cold {
			t.Errorf("a save each %v: %v with standbys, of which %d were taken, %v without", pause, standbys, taken, cold)
		}
	}
}
