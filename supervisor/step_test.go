package supervisor

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func commands(steps []report.Step) (out []string) {
	for _, s := range steps {
		out = append(out, s.Command)
	}
	return out
}

// served returns the notices of generations that serve.
func served(told []report.Notice) (out []report.NoticeServing) {
	for _, n := range told {
		if n, ok := n.(report.NoticeServing); ok {
			out = append(out, n)
		}
	}
	return out
}

// A generation names the steps that have run for it, not those that were not needed.
func TestOnlyStepsThatHaveRunAreNamed(t *testing.T) {
	th := &theatre{}
	th.task = task{th, false, nil}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		unneeded := report.Step{Order: 1, Command: "migrate", Once: true}
		told()
		s.Batch(Change{Files: []string{"a"}, Steps: []report.Step{unneeded}})
		synctest.Wait()
		s.Batch(Change{Files: []string{"b"}, Steps: []report.Step{unneeded, {Order: 2, Command: "types"}}})
		synctest.Wait()
		th.last().end(report.Exit{})
		synctest.Wait()
		serving := served(told())
		if len(serving) != 2 || len(serving[0].Ran) != 0 || serving[0].Build != 0 || fmt.Sprint(commands(serving[1].Ran)) != "[types]" {
			t.Errorf("%+v", serving)
		}
	})
}

// task is a Task that notes its calls.
type task struct {
	th  *theatre
	run bool
	err error
}

func (k task) Begin(context.Context) (bool, error) { k.th.note("begin"); return k.run, k.err }
func (k task) End(succeeded bool)                  { k.th.note("end %v", succeeded) }

func TestTaskDecidesWhetherItRuns(t *testing.T) {
	th := &theatre{}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		for _, c := range []struct {
			task task
			exit int
			want string
		}{
			{task{th, false, nil}, 0, "begin, start 102 ahead false, terminated, 101 ends, 1 closes"},
			{task{th, true, nil}, 1, "begin, [sh -c migrate], 104 ends, end false"},
			{task{th, true, nil}, 0, "begin, [sh -c migrate], 106 ends, end true, start 107 ahead false, terminated, 105 ends, 4 closes"},
			{task{th, false, errors.New("locked")}, 0, "begin"},
		} {
			synctest.Wait()
			th.noted()
			th.task = c.task
			s.Batch(Change{Files: []string{"a"}, Steps: []report.Step{{Order: 1, Command: "migrate", Once: true}}})
			synctest.Wait()
			if c.task.run {
				th.last().end(report.Exit{Code: c.exit})
				synctest.Wait()
			}
			th.wantNotes(t, c.want)
			s.Reload(t.Context()) // so that nothing of the case is left
		}
	})
}
