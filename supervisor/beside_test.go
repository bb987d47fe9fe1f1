package supervisor

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// accompany is perform with a program beside, which has begun. Files are on their way until settled says otherwise.
func (th *theatre) accompany(t *testing.T, test func(t *testing.T, s *Supervisor, settled *atomic.Bool,
	told func() []report.Notice)) {
	t.Helper()
	if th.config == nil {
		th.config = func(c *Config) { c.Beside = []report.Beside{{Name: "hotswap.yaml:2", Command: "compile"}} }
	}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		s.StartBeside(th.settled.Load)
		synctest.Wait()
		test(t, s, &th.settled, told)
	})
}

func TestTheFirstGenerationWaitsForWhatRunsBeside(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, settled *atomic.Bool, _ func() []report.Notice) {
		time.Sleep(10 * time.Second)
		th.wantNotes(t, "start 101") // files of its have changed
		settled.Store(true)
		time.Sleep(firstQuiet + 2*wait.Poll)
		synctest.Wait()
		th.wantNotes(t, "start 102")
		if st := s.Current(); st.State != report.PhaseServing || len(st.Beside) != 1 ||
			st.Beside[0] != (report.BesideStatus{Command: "compile", PID: 101}) {
			t.Errorf("%+v", st)
		}
	})
}

func TestWhatNeverIsQuietBesideDoesNotKeepTheFirstGenerationAway(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, _ *atomic.Bool, _ func() []report.Notice) {
		time.Sleep(wait.Command + firstQuiet)
		synctest.Wait()
		if st := s.Current(); st.State != report.PhaseServing {
			t.Errorf("%+v", st)
		}
	})
}

func TestWhatRunsBesideIsStartedAgain(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, settled *atomic.Bool, told func() []report.Notice) {
		settled.Store(true)
		time.Sleep(time.Second)
		var pauses []string
		beside := func() *actor { return th.actors[s.Current().Beside[0].PID-101] }
		for i := range 9 {
			told()
			beside().end(report.Exit{Code: i % 2}) // also a clean end is none that was asked for
			synctest.Wait()
			for _, n := range told() {
				if b, ok := n.(report.NoticeBeside); ok && b.End != nil {
					pauses = append(pauses, b.In.String())
				}
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
		}
		if got := strings.Join(pauses, " "); got != "0s 250ms 500ms 1s 2s 4s 8s 10s 10s" {
			t.Errorf("pauses %s", got)
		}
		time.Sleep(time.Minute)
		beside().end(report.Exit{})
		synctest.Wait()
		if b := s.Current().Beside[0]; b.Restarts != 10 || b.PID != th.last().pid {
			t.Errorf("after a long life: %+v", b)
		}
	})
}
