package readiness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	// firstPause is the pause after the first failed attempt; pauses grow to lastPause. While nobody listens,
	// the pause stays at firstPause.
	firstPause = 10 * time.Millisecond
	lastPause  = 20 * firstPause
)

// source is a transport that adds nothing to a launch and reports whether the generation is ready.
type source struct {
	question string                                     // for people, until the first attempt
	try      func(context.Context, handoff.GenID) error // asks a generation; nil: it is ready
	again    time.Duration                              // for how long the same is asked of a generation that was ready
}

func (s *source) Prepare(l *handoff.Launch) (handoff.Session, error) { return &session{s, l.Gen}, nil }

type session struct {
	*source
	gen handoff.GenID
}

// Run tries until the generation is ready, and reports each new reason why it is not. Then it asks on for a while.
func (s *session) Run(ctx context.Context, r handoff.Running, report func(handoff.Event)) error {
	if r.Wait(ctx) != nil {
		return nil
	}
	last := ""
	unready := func(why string) {
		if why != last {
			last = why
			report(handoff.Unready{Gen: s.gen, Why: why})
		}
	}
	unready(s.question)
	for pause := firstPause; ; {
		err := s.try(ctx, s.gen)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			report(handoff.Ready{Gen: s.gen, By: "http"})
			s.askOn(ctx, report)
			return nil
		}
		unready(reason(err))
		if wait.For(ctx, pause) != nil {
			return nil
		}
		if !errors.Is(err, errNotThere) {
			pause = min(pause*3/2, lastPause)
		}
	}
}

// askOn reports that the generation is unwell after two failed attempts in a row: one may be a moment's.
func (s *session) askOn(ctx context.Context, report func(handoff.Event)) {
	pause, failed := min(time.Second, s.again/4), false
	for end := time.Now().Add(s.again); time.Until(end) > pause && wait.For(ctx, pause) == nil; {
		err := s.try(ctx, s.gen)
		if err != nil && failed && ctx.Err() == nil {
			report(handoff.Unwell{Gen: s.gen, Why: reason(err)})
			return
		}
		failed = err != nil
	}
}

// Line returns a source that says what a generation lacks while no line of its output has matched the pattern. The
// console finds the line and tells the supervisor.
func Line(pattern string) handoff.Transport {
	return &source{question: fmt.Sprintf("no line of its output matched %q", pattern),
		try: func(ctx context.Context, _ handoff.GenID) error { <-ctx.Done(); return ctx.Err() }}
}

// reason returns the text of err without numbers that differ each time, such as the client's port.
func reason(err error) string {
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}
