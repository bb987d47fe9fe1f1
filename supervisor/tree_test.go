package supervisor

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// late is a runner whose program has run for a while before that is known here.
type late struct{ theatre }

func (l *late) Start(s proc.Spec) (run.Process, error) {
	time.Sleep(time.Second)
	return l.theatre.Start(s)
}

// Whoever asks for the processes of a program that has begun gets them, even if
// that it has is no news yet; who stops waiting gets none.
func TestTreeOfAStart(t *testing.T) {
	l := &late{}
	l.config = func(cfg *Config) { cfg.Runner = l }
	l.perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if got := s.Tree(ctx); got != nil {
			t.Errorf("before it is there: %v", got)
		}
		if got := s.Tree(t.Context()); !slices.Equal(got, []int{101}) {
			t.Errorf("got %v", got)
		}
		_, _ = s.Stop(t.Context())
		synctest.Wait()
		if got := s.Tree(t.Context()); got != nil {
			t.Errorf("after the end: %v", got)
		}
	})
}
