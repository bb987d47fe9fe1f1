package supervisor

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// rehearses performs a play in which the first rehearsal is under way, as process 102.
func (th *theatre) rehearses(t *testing.T, test func(*testing.T, *Supervisor, func() []report.Notice)) {
	t.Helper()
	th.unknown.Store(1)
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		time.Sleep(1500 * time.Millisecond)
		if got := s.Status().Rehearsal; got != 102 { // without a step in between
			t.Errorf("process %d rehearses", got)
		}
		th.wantNotes(t, "start 101 ahead false, learn 1 101 [101], rehearse 102 ahead true")
		told()
		test(t, s, told)
	})
}

// rehearsedBy returns the notices of rehearsals.
func rehearsedBy(notices []report.Notice) (out []report.NoticeRehearsed) {
	for _, n := range notices {
		if n, ok := n.(report.NoticeRehearsed); ok {
			out = append(out, n)
		}
	}
	return out
}

// A rehearsal is ended at once when it has shown what it can, and
// leaves nothing. Then there is a standby.
func TestRehearsalLearns(t *testing.T) {
	th := &theatre{deaf: true}
	th.rehearses(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		time.Sleep(10 * time.Second)
		th.wantNotes(t, "102 ends, rehearsed, learnt <nil>, start 103 ahead true")
		notices := told()
		if got := rehearsedBy(notices); !slices.Equal(got, []report.NoticeRehearsed{{Took: time.Second}}) {
			t.Errorf("%+v", got)
		}
		if slices.ContainsFunc(notices, func(n report.Notice) bool { return is[handoff.Degraded](eventOf(n)) }) {
			t.Error("people hear of what the rehearsal said")
		}
		st := s.Current()
		if st.Rehearsal != 0 || standbyOf(s) != "2 103 waiting 100" {
			t.Errorf("process %d rehearses, standby %q", st.Rehearsal, standbyOf(s))
		}
		if !swap(t, s) {
			t.Error("the standby was not taken")
		}
	})
}

func eventOf(n report.Notice) handoff.Event {
	ev, _ := n.(report.NoticeEvent)
	return ev.Event
}

// A save does not wait for a rehearsal, which goes on.
func TestRehearsalBesideASwap(t *testing.T) {
	th := &theatre{}
	th.rehearses(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		began := time.Now()
		if swap(t, s) || time.Since(began) != time.Second {
			t.Errorf("the swap took %v, and not as long as a cold one", time.Since(began))
		}
		time.Sleep(10 * time.Second)
		if got := th.noted(); strings.Contains(got, "102 terminated") || !strings.Contains(got, "102 ends, rehearsed, learnt <nil>") {
			t.Errorf("noted %s", got)
		}
		if got := standbyOf(s); got != "3 104 waiting 100" {
			t.Errorf("standby %q", got)
		}
	})
}

// What goes wrong is told to the Warmer, which decides whether another rehearsal would show more.
func TestRehearsalFails(t *testing.T) {
	for name, c := range map[string]struct {
		th   *theatre
		act  func(*theatre)
		want string
		took time.Duration
	}{
		"listens":  {&theatre{early: true}, nil, errListened.Error(), 0},
		"says so":  {&theatre{tried: func() error { return errNoGood }}, nil, "no good", time.Second},
		"ends":     {&theatre{}, func(th *theatre) { th.last().end(report.Exit{Code: 1}) }, `it ended before its time: exit 1: "Error: no stage"`, 200 * time.Millisecond},
		"is stuck": {&theatre{}, nil, "its packages are not loaded after 1m0s", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			c.th.endless.Store(name == "is stuck")
			c.th.unknown.Store(1)
			c.th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
				time.Sleep(1500 * time.Millisecond)
				if c.act != nil {
					c.act(c.th)
				}
				time.Sleep(2 * time.Minute)
				got := rehearsedBy(told())
				if len(got) != 1 || got[0].Err == nil || got[0].Err.Error() != c.want || got[0].Took != c.took {
					t.Errorf("%+v, want %s after %v", got, c.want, c.took)
				}
				if got := c.th.noted(); strings.Count(got, "102 ends") != 1 || !strings.Contains(got, "rehearsed, learnt "+c.want) {
					t.Errorf("noted %s", got)
				}
			})
		})
	}
}

// The end of hotswap, and a hand-over, end a rehearsal at once, and nobody blames its packages.
func TestRehearsalIsStopped(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *Supervisor) error{
		"stop": func(t *testing.T, s *Supervisor) error { _, err := s.Stop(t.Context()); return err },
		"now":  func(t *testing.T, s *Supervisor) error { _, err := s.StopNow(t.Context(), 130); return err },
		"upgrade": func(t *testing.T, s *Supervisor) error {
			number, err := s.HandOver(t.Context())
			if number != 2 {
				t.Errorf("the number %d is given away", number)
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			th := &theatre{deaf: name != "stop"}
			th.rehearses(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
				began := time.Now()
				if err := end(t, s); err != nil || time.Since(began) != 0 {
					t.Errorf("after %v: %v", time.Since(began), err)
				}
				if got := th.noted(); !strings.Contains(got, "102 ends") || !strings.Contains(got, "rehearsed") || strings.Contains(got, "learnt") {
					t.Errorf("noted %s", got)
				}
				if got := rehearsedBy(told()); got != nil {
					t.Errorf("told %v", got)
				}
				if name == "upgrade" {
					s.TakeBack(t.Context())
					time.Sleep(10 * time.Second)
					th.wantNotes(t, "rehearse 103 ahead true, 103 ends, rehearsed, learnt <nil>, start 104 ahead true")
				}
			})
		})
	}
}

// The time that hotswap is suspended is not held against the packages: the rehearsal is thrown
// away, and another one begins later.
func TestRehearsalIsSuspended(t *testing.T) {
	th := &theatre{}
	th.rehearses(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		s.Suspend()
		s.Resume()
		time.Sleep(10 * time.Second)
		if got := th.noted(); !strings.Contains(got, "rehearse 103 ahead true, 103 ends, rehearsed, learnt <nil>, start 104 ahead true") {
			t.Errorf("noted %s", got)
		}
	})
}

// The generation beside which a rehearsal was begun may end meanwhile.
func TestRehearsalOutlivesItsModel(t *testing.T) {
	th := &theatre{}
	th.rehearses(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		th.crash(s)
		time.Sleep(10 * time.Second)
		if got := th.noted(); !strings.Contains(got, "rehearsed, learnt <nil>") {
			t.Errorf("noted %s", got)
		}
		synctest.Wait()
		if got := standbyOf(s); got != "3 104 waiting 100" {
			t.Errorf("standby %q", got)
		}
	})
}
