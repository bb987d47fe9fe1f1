package engine

import (
	"context"
	"fmt"
	"regexp"

	"github.com/hotswap-dev/hotswap/handoff"
)

// lineAwaited says what a boot lacks as long as its line has not come. The line
// itself is found where the output passes: the console tells the supervisor.
type lineAwaited struct{ pattern *regexp.Regexp }

// Name is "log".
func (lineAwaited) Name() string { return "log" }

// Prepare adds nothing.
func (w lineAwaited) Prepare(l *handoff.Launch) (handoff.Session, error) {
	return lineAwaiting{w, l.Gen}, nil
}

type lineAwaiting struct {
	lineAwaited
	gen handoff.GenID
}

// Run reports once.
func (w lineAwaiting) Run(_ context.Context, _ handoff.Running, report func(handoff.Event)) error {
	report(handoff.Unready{Gen: w.gen, Why: fmt.Sprintf("no line of its output matched %q", w.pattern)})
	return nil
}
