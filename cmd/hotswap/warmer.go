package main

import (
	"context"
	"errors"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/node"
	nodewarm "github.com/hotswap-dev/hotswap/handoff/node/warm"
	"github.com/hotswap-dev/hotswap/handoff/python"
	"github.com/hotswap-dev/hotswap/handoff/warm"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// maker makes standbys of one runtime's programs.
type maker interface {
	Learn(ctx context.Context, gen supervisor.GenID, pid int, tree func() []int) error
	Hold(*handoff.Launch) (*warm.Standby, error)
}

// warmer is the supervisor's view of who makes standbys. Which of them makes the next
// one is up to the main process of the generation that serves.
type warmer struct {
	node, python maker

	mu     sync.Mutex // guards what follows
	chosen maker
}

func newWarmer(n *node.Transport, p *python.Transport, skip []string, steers bool) supervisor.Warmer {
	return &warmer{node: nodewarm.New(n.Of, skip, steers), python: python.NewWarmer(p, skip)}
}

// Learn asks the one that needs no answer of a process first.
func (w *warmer) Learn(ctx context.Context, gen supervisor.GenID, pid int, tree func() []int) error {
	chosen := w.python
	err := chosen.Learn(ctx, gen, pid, tree)
	if err != nil {
		other := w.node.Learn(ctx, gen, pid, tree)
		if errors.Is(err, python.ErrNone) || !errors.Is(other, nodewarm.ErrNone) {
			chosen, err = w.node, other
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.chosen = chosen
	return err
}

// Hold adds to the launch what makes the program wait.
func (w *warmer) Hold(l *handoff.Launch) (supervisor.Standby, error) {
	w.mu.Lock()
	chosen := w.chosen
	w.mu.Unlock()
	s, err := chosen.Hold(l)
	if err != nil {
		return nil, translate(err)
	}
	return standby{s}, nil
}

type standby struct{ *warm.Standby }

// Ready says it in the supervisor's words.
func (s standby) Ready(ctx context.Context) error { return translate(s.Standby.Ready(ctx)) }

// translate makes the supervisor know what an error is.
func translate(err error) error {
	switch {
	case errors.Is(err, warm.ErrAgain):
		return known{err, supervisor.ErrAgain}
	case errors.Is(err, warm.ErrNever):
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
