package supervisor

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// succeed lets the command of a build that runs succeed.
func (th *theatre) succeed() {
	synctest.Wait()
	th.last().end(report.Exit{})
	synctest.Wait()
}

// of returns the notices of one kind.
func of[T report.Notice](told []report.Notice) (out []T) {
	for _, n := range told {
		if n, ok := n.(T); ok {
			out = append(out, n)
		}
	}
	return out
}

// A generation names the steps that have run for it, not those that were not needed.
func TestOnlyStepsThatHaveRunAreNamed(t *testing.T) {
	th := &theatre{}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		unneeded := report.Step{Order: 1, Command: "migrate", Once: true}
		told()
		s.Batch(Change{Files: []string{"a"}, Steps: []report.Step{unneeded}})
		synctest.Wait()
		s.Batch(Change{Files: []string{"b"}, Steps: []report.Step{unneeded, {Order: 2, Command: "types"}}})
		th.succeed()
		serving := of[report.NoticeServing](told())
		if len(serving) != 2 || len(serving[0].Ran) != 0 || serving[0].Build != 0 || len(serving[1].Ran) != 1 ||
			serving[1].Ran[0].Command != "types" {
			t.Errorf("%+v", serving)
		}
	})
}

// A step that wants to be alone runs when the serving generation has ended.
func TestStepAlone(t *testing.T) {
	th := &theatre{}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		th.noted()
		s.Batch(Change{Files: []string{"a"}, Steps: []report.Step{{Order: 1, Command: "beside"},
			{Order: 2, Command: "alone", Alone: true}, {Order: 3, Command: "too", Alone: true}}})
		synctest.Wait()
		th.wantNotes(t, "[sh -c beside]")
		th.succeed()
		th.wantNotes(t, "102 ends, terminated, 101 ends, 1 closes, [sh -c alone]")
		if st := s.Current(); st.State != report.PhaseStarting || len(st.Generations) != 0 {
			t.Errorf("%+v", st)
		}
		th.succeed()
		th.succeed()
		th.wantNotes(t, "103 ends, [sh -c too], 104 ends, start 105")
	})
}

// What follows the steps of a change waits for them while the program sleeps.
func TestStepsOfASleepingProgram(t *testing.T) {
	th := &theatre{}
	th.perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		s.Sleep(1, 0)
		s.Batch(Change{Files: []string{"a"}, Steps: []report.Step{{Command: "sass"}}, Then: func() { th.note("then") }})
		synctest.Wait()
		th.noted()
		s.Wake()
		th.succeed()
		th.wantNotes(t, "[sh -c sass], 102 ends, then, start 103")
	})
}

// done is a Task that need not run.
type done struct{}

func (done) Begin(context.Context) (bool, error) { return false, nil }
func (done) End(bool)                            {}
