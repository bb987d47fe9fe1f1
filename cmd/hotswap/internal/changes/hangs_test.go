package changes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func (quiet) Hangs(int, error) {}

// alone is a Supervisor whose first generation serves.
type alone struct {
	Supervisor
	status report.Status
	files  []string
}

func (s *alone) Current() report.Status    { return s.status }
func (s *alone) Batch(c supervisor.Change) { s.files = append(s.files, c.Files...) }

// Behind a save of its own the server is asked for the time of probation; one that hangs is replaced, unless another one serves by
// then.
func TestAskedBehindASave(t *testing.T) {
	for answers, want := range map[string]string{"++++++": "", "---": "", "+-h": "src/a.js", "++++h": "", "another": ""} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s := &alone{status: report.Status{Generation: 1, Lives: []report.Life{{Gen: 1, Served: time.Now()}}}}
			c := &Changes{cfg: Config{Root: "/r", Probation: 2 * time.Second, Report: quiet{}}, saves: make(chan string, 1)}
			n := -1
			go c.askBehind(ctx, Engine{Asked: func() bool { return true }, Supervisor: s, Ask: func(context.Context, handoff.GenID) error {
				switch n++; {
				case answers == "another":
					s.status.Generation = 2
					fallthrough
				case answers[n] == 'h':
					time.Sleep(10 * time.Second)
					return fmt.Errorf("it %w 10s", readiness.ErrHangs)
				case answers[n] == '-':
					return errors.New("it answered 500")
				}
				return nil
			}})
			c.saves <- "/r/src/a.js"
			time.Sleep(time.Minute)
			synctest.Wait()
			if got := slices.Concat(s.files, []string{""}); got[0] != want || len(s.files) > 1 {
				t.Errorf("%s: a swap for %q, want %q", answers, s.files, want)
			}
		})
	}
}
