package main

import (
	"context"
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/node"
	nodewarm "github.com/hotswap-dev/hotswap/handoff/node/warm"
	"github.com/hotswap-dev/hotswap/handoff/warm"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// warmer is the supervisor's view of who makes standbys of Node programs.
type warmer struct{ *nodewarm.Warmer }

// newWarmer is nil where no adapter could hold a program.
func newWarmer(t *node.Transport, skip []string) supervisor.Warmer {
	if t == nil {
		return nil
	}
	return warmer{nodewarm.New(t.Of, skip)}
}

// Hold adds to the launch what makes the program wait.
func (w warmer) Hold(l *handoff.Launch) (supervisor.Standby, error) {
	s, err := w.Warmer.Hold(l)
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
