package supervisor

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// accompany is perform with a program beside, which has begun and is doing something.
func (th *theatre) accompany(t *testing.T, test func(t *testing.T, s *Supervisor, busy *atomic.Bool, told func() []report.Notice)) {
	t.Helper()
	th.config = func(c *Config) { c.Beside = []report.Beside{{Name: "hotswap.yaml:2", Command: "compile"}} }
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		var busy atomic.Bool
		busy.Store(true)
		s.beside.work = func([]int) (time.Duration, bool) { return 0, busy.Load() }
		th.settled.Store(true)
		s.StartBeside(th.settled.Load)
		synctest.Wait()
		test(t, s, &busy, told)
	})
}

func TestTheFirstGenerationWaitsForWhatRunsBeside(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, busy *atomic.Bool, _ func() []report.Notice) {
		time.Sleep(10 * time.Second)
		th.wantNotes(t, "start 101 ahead false")
		th.settled.Store(false)
		busy.Store(false)
		time.Sleep(10 * time.Second)
		th.wantNotes(t, "") // files of its have changed
		th.settled.Store(true)
		time.Sleep(firstQuiet + 2*workLook)
		synctest.Wait()
		th.wantNotes(t, "start 102 ahead false")
		if st := s.Current(); st.State != report.PhaseServing || len(st.Beside) != 1 || st.Beside[0] != (report.BesideStatus{Command: "compile", PID: 101}) {
			t.Errorf("%+v", st)
		}
	})
}

func TestWhatNeverIsQuietBesideDoesNotKeepTheFirstGenerationAway(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, _ *atomic.Bool, _ func() []report.Notice) {
		time.Sleep(firstLimit + firstQuiet)
		synctest.Wait()
		if st := s.Current(); st.State != report.PhaseServing {
			t.Errorf("%+v", st)
		}
	})
}

func TestWhatRunsBesideIsStartedAgain(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, busy *atomic.Bool, told func() []report.Notice) {
		busy.Store(false)
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

func TestWhatRunsBesideEndsLast(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, busy *atomic.Bool, _ func() []report.Notice) {
		busy.Store(false)
		time.Sleep(time.Second)
		th.noted()
		if r, err := s.Stop(t.Context()); err != nil || r.Outcome != report.OutcomeStopped {
			t.Errorf("%+v, %v", r, err)
		}
		if notes := th.noted(); !strings.HasSuffix(notes, "terminated, 101 ends") || !strings.Contains(notes, "102 ends") {
			t.Error(notes)
		}
	})
}

func TestWhatRunsBesideIsKilledAtOnce(t *testing.T) {
	th := &theatre{}
	th.accompany(t, func(t *testing.T, s *Supervisor, _ *atomic.Bool, _ func() []report.Notice) {
		th.deaf = true
		began := time.Now()
		go func() { _, _ = s.Stop(context.Background()) }() // nothing but the program beside is left
		synctest.Wait()
		_, _ = s.StopNow(context.Background(), 130)
		if took := time.Since(began); took != 0 {
			t.Errorf("after %s", took)
		}
	})
}
