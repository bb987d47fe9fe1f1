package readiness

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

const (
	// firstPause is the one after the first answer that was not the wanted one,
	// and between two looks at whether there is anybody to ask.
	firstPause = 10 * time.Millisecond
	lastPause  = 200 * time.Millisecond
	// maxAnswer bounds one question: a program may accept and forget it.
	maxAnswer = 10 * time.Second
)

// source asks a question until it is answered as wanted.
type source struct {
	name     string
	question string // for people, until there is an answer
	ask      func(ctx context.Context, gen handoff.GenID, r handoff.Running) error
}

var _ handoff.Transport = (*source)(nil)

// Name is that of the question.
func (s *source) Name() string { return s.name }

// Prepare adds nothing.
func (s *source) Prepare(l *handoff.Launch) (handoff.Session, error) {
	return &session{s, l.Gen}, nil
}

type session struct {
	*source
	gen handoff.GenID
}

// Run asks again and again, with pauses that grow, and tells each new reason
// why the generation is not ready.
func (s *session) Run(ctx context.Context, r handoff.Running, report func(handoff.Event)) error {
	told := ""
	tell := func(why string) {
		if why != told {
			told = why
			report(handoff.Unready{Gen: s.gen, Why: why})
		}
	}
	if r.Wait(ctx) != nil {
		return nil
	}
	tell(s.question + " has not been answered")
	for wait := firstPause; ; {
		err := s.once(ctx, r)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			report(handoff.Ready{Gen: s.gen, By: s.name})
			return nil
		}
		tell(reason(err))
		if pause(ctx, wait) != nil {
			return nil
		}
		if !errors.Is(err, errNotThere) {
			wait = min(wait*3/2, lastPause)
		}
	}
}

func (s *session) once(ctx context.Context, r handoff.Running) error {
	ctx, cancel := context.WithTimeout(ctx, maxAnswer)
	defer cancel()
	return s.ask(ctx, s.gen, r)
}

// reason is err without the numbers that are others each time, such as the
// client's port.
func reason(err error) string {
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}
