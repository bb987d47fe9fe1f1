package main

import (
	"context"
	"errors"
	"fmt"

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
		return nil, err
	}
	return standby{s}, nil
}

type standby struct{ *warm.Standby }

// Ready tells apart, in the supervisor's words, the standby that has taught how to
// make a better one.
func (s standby) Ready(ctx context.Context) error {
	err := s.Standby.Ready(ctx)
	if errors.Is(err, warm.ErrAgain) {
		return fmt.Errorf("%w: %w", err, supervisor.ErrAgain)
	}
	return err
}
