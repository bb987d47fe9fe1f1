package supervisor

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// rehearses performs a play in which process 102 waits, and the first rehearsal, process 103, is under way.
func (th *theatre) rehearses(t *testing.T, test func(*testing.T, *Supervisor, func() []report.Notice)) {
	t.Helper()
	th.unknown.Store(1)
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		time.Sleep(2800 * time.Millisecond)
		if got := s.Status().Rehearsal; got != 103 || standbyOf(s) != "2 102 waiting 100" { // without a step in between
			t.Errorf("process %d rehearses, standby %q", got, standbyOf(s))
		}
		th.wantNotes(t, "start 101, learn 1 101 [101], start 102, rehearse 103 low true")
		told()
		test(t, s, told)
	})
}

// A rehearsal is ended at once when it has shown what it can, and
// leaves nothing. Then a better standby takes the place of the one that waits.
func TestRehearsalLearns(t *testing.T) {
	th := &theatre{deaf: true}
	th.rehearses(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		time.Sleep(10 * time.Second)
		th.wantNotes(t, "rehearsed, 103 ends, rehearsed, learnt <nil>, close 2, terminated, 102 ends, close 2, start 104")
		if slices.ContainsFunc(of[report.NoticeEvent](told()), func(n report.NoticeEvent) bool {
			_, said := n.Event.(handoff.Degraded)
			return said
		}) {
			t.Error("people hear of what the rehearsal said")
		}
		st := s.Current()
		if st.Rehearsal != 0 || standbyOf(s) != "2 104 waiting 100" {
			t.Errorf("process %d rehearses, standby %q", st.Rehearsal, standbyOf(s))
		}
		if !swap(t, s) {
			t.Error("the standby was not taken")
		}
	})
}

// A save takes the standby, whatever a rehearsal does, which goes on. The next standby begins at once.
func TestRehearsalBesideASwap(t *testing.T) {
	th := &theatre{}
	th.endless.Store(true)
	th.rehearses(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		for pid := 104; pid < 107; pid++ {
			if !swap(t, s) {
				t.Error("the standby was not taken")
			}
			time.Sleep(1500 * time.Millisecond)
			if got := standbyOf(s); !strings.Contains(got, fmt.Sprint(pid, " waiting")) {
				t.Errorf("standby %q, want %d", got, pid)
			}
		}
		if got := th.noted(); strings.Contains(got, "103 ends") {
			t.Errorf("noted %s", got)
		}
	})
}

// What goes wrong is told to the Warmer, which decides whether another rehearsal would show more.
func TestRehearsalFails(t *testing.T) {
	for name, c := range map[string]struct {
		th   *theatre
		act  func(*theatre)
		want string
	}{
		"says so": {&theatre{tried: func() error { return errNoGood }}, nil, "no good"},
		"listens": {&theatre{loud: 1800 * time.Millisecond}, nil, errListened.Error()},
		"ends": {&theatre{}, func(th *theatre) { th.last().end(report.Exit{Code: 1}) },
			`it ended before its time: exit 1: "Error: no stage"`},
		"is stuck": {&theatre{}, nil, "its packages are not loaded after 1m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			c.th.endless.Store(name != "says so")
			c.th.rehearses(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
				time.Sleep(time.Second)
				synctest.Wait()
				if c.act != nil {
					c.act(c.th)
				}
				time.Sleep(2 * time.Minute)
				if got := c.th.noted(); strings.Count(got, "103 ends") != 1 ||
					!strings.Contains(got, "rehearsed, learnt "+c.want) {
					t.Errorf("noted %s", got)
				}
				if got := standbyOf(s); got != "2 102 waiting 100" {
					t.Errorf("standby %q", got)
				}
			})
		})
	}
}
