package engine

import (
	"context"
	"errors"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"

	"github.com/hotswap-dev/hotswap/handoff/runtime/modules"
	"github.com/hotswap-dev/hotswap/handoff/runtime/python"
	"github.com/hotswap-dev/hotswap/handoff/runtime/ruby"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// maker makes standbys of one runtime's programs.
type maker interface {
	Inspect(ctx context.Context, gen supervisor.GenID, pid int, tree func() []int) error
	Prepare(*handoff.Launch) (*standby.Standby, error)
}

// warmer is the supervisor's view of who makes standbys. Which of them makes the next
// one is up to the main process of the generation that serves.
type warmer struct {
	makers []runtimes

	mu     sync.Mutex // guards what follows
	chosen maker
}

// runtimes are a maker's.
type runtimes struct {
	maker
	none error // no process of a generation is of this runtime
}

func newWarmer(n *node.Transport, pythons, rubies *modules.Transport, tmp *scratch.Folder, skip []string, steers bool) supervisor.Warmer {
	return &warmer{makers: []runtimes{
		{python.NewWarmer(pythons, tmp, skip), python.ErrNone}, {ruby.NewWarmer(rubies, tmp, skip), ruby.ErrNone}, {node.NewWarmer(n.Of, tmp, skip, steers), node.ErrNone},
	}}
}

// Inspect asks those first that need no answer of a process.
func (w *warmer) Inspect(ctx context.Context, gen supervisor.GenID, pid int, tree func() []int) error {
	var chosen maker
	var why error
	known := false // why says more than that there is no such process
	for _, m := range w.makers {
		err := m.Inspect(ctx, gen, pid, tree)
		if none := errors.Is(err, m.none); !none || !known {
			chosen, why, known = m.maker, err, !none
		}
		if err == nil {
			break
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.chosen = chosen
	return why
}

// Prepare adds to the launch what makes the program wait.
func (w *warmer) Prepare(l *handoff.Launch) (supervisor.Standby, error) {
	w.mu.Lock()
	chosen := w.chosen
	w.mu.Unlock()
	s, err := chosen.Prepare(l)
	if err != nil {
		return nil, translate(err)
	}
	return prepared{s}, nil
}

type prepared struct{ *standby.Standby }

// Ready says it in the supervisor's words.
func (s prepared) Ready(ctx context.Context) error { return translate(s.Standby.Ready(ctx)) }

// translate makes the supervisor know what an error is.
func translate(err error) error {
	switch {
	case errors.Is(err, standby.ErrAgain):
		return known{err, supervisor.ErrAgain}
	case errors.Is(err, standby.ErrNever):
		return known{err, supervisor.ErrNever}
	}
	return err
}

// known is an error, and what the supervisor takes it for.
type known struct {
	error
	as error
}

func (k known) Unwrap() []error { return []error{k.error, k.as} }
