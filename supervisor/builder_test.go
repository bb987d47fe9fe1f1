package supervisor

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// succeeds lets each command of a build that runs succeed.
func (th *theatre) succeeds(n int) {
	for range n {
		synctest.Wait()
		th.last().end(report.Exit{})
	}
	synctest.Wait()
}

// construct is perform with a build of two commands; the first generation serves.
func (th *theatre) construct(t *testing.T, test func(*testing.T, *Supervisor, func() []report.Notice)) {
	t.Helper()
	th.build = []string{"one", "two"}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		th.succeeds(2)
		th.wantNotes(t, "[sh -c one], 101 ends, [sh -c two], 102 ends, start 103 ahead false")
		told()
		test(t, s, told)
	})
}

// notices are those of builds.
func notices(told []report.Notice) (out []report.Notice) {
	for _, n := range told {
		switch n.(type) {
		case report.NoticeBuilding, report.NoticeBuilt, report.NoticeBuildFailed, report.NoticeServing:
			out = append(out, n)
		}
	}
	return out
}

func TestBuildGivesWayToANewerOne(t *testing.T) {
	th := &theatre{deaf: true}
	th.construct(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		s.Batch(Change{Files: []string{"a"}, Steps: th.steps()})
		th.succeeds(1)
		s.Batch(Change{Files: []string{"b"}, Steps: th.steps()})
		synctest.Wait()
		th.wantNotes(t, "[sh -c one], 104 ends, [sh -c two], terminated")
		if st := s.Current(); st.Build.State != report.BuildEnding || st.Build.Files[1] != "b" {
			t.Errorf("%+v", st.Build)
		}
		time.Sleep(time.Second) // the grace
		th.succeeds(2)
		if got, want := th.noted(), "105 ends, [sh -c one], 106 ends, [sh -c two], 107 ends, start 108 ahead false"; !strings.HasPrefix(got, want) {
			t.Errorf("\n%s, want\n%s", got, want)
		}
		n := notices(told())
		if !n[1].(report.NoticeBuilt).Ended || len(n[4].(report.NoticeServing).Files) != 2 {
			t.Errorf("%+v", n)
		}
		th.deaf = false
	})
}

func TestBuildIsEndedAtOnceIfThereIsNoTime(t *testing.T) {
	th := &theatre{deaf: true}
	th.construct(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		began := time.Now()
		s.Batch(Change{Files: []string{"a"}, Steps: th.steps()})
		synctest.Wait()
		if _, err := s.StopNow(context.Background(), 130); err != nil || time.Since(began) != 0 {
			t.Errorf("%v, after %v", err, time.Since(began))
		}
	})
}
