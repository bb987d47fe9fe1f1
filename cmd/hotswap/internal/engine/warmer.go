package engine

import (
	"context"
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// warmer is the supervisor's view of the manager of runtimes: the same, with the
// supervisor's errors.
type warmer struct{ *runtime.Manager }

func (w warmer) Inspect(ctx context.Context, gen handoff.GenID, command []string, pid int, tree func() []int) (learn bool, err error) {
	learn, err = w.Manager.Inspect(ctx, gen, command, pid, tree)
	return learn, translate(err)
}

func (w warmer) Prepare(l *handoff.Launch) (run.Standby, error) {
	s, err := w.Manager.Prepare(l)
	if err != nil {
		return nil, translate(err)
	}
	return translated{s}, nil
}

func (w warmer) Rehearse(l *handoff.Launch) (run.Rehearsal, error) {
	r, err := w.Manager.Rehearse(l)
	if err != nil {
		return nil, translate(err)
	}
	return rehearsing{r}, nil
}

type translated struct{ *standby.Standby }

func (s translated) Ready(ctx context.Context) error { return translate(s.Standby.Ready(ctx)) }

type rehearsing struct{ *standby.Rehearsal }

func (r rehearsing) Ready(ctx context.Context) error { return translate(r.Rehearsal.Ready(ctx)) }

// translate adds the supervisor's error to one of package standby.
func translate(err error) error {
	switch {
	case errors.Is(err, standby.ErrOutdated), errors.Is(err, standby.ErrNoProcess):
		return known{err, run.ErrUnknown}
	case errors.Is(err, standby.ErrNever):
		return known{err, run.ErrNever}
	}
	return err
}

type known struct {
	error
	as error
}

func (k known) Unwrap() []error { return []error{k.error, k.as} }
