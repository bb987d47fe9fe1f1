package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// parseReadyLog compiles the pattern of log:REGEXP.
func parseReadyLog(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, errors.New("give a pattern for a line of the program's output, as in log:Listening on")
	}
	re, err := regexp.Compile(pattern)
	var wrong *syntax.Error
	if errors.As(err, &wrong) {
		// The library tells what, and where only by quoting it.
		at := len([]rune(pattern[:max(strings.Index(pattern, wrong.Expr), 0)])) + 1
		return nil, fmt.Errorf("not a pattern: %s: %q at character %d", wrong.Code, wrong.Expr, at)
	}
	return re, err
}

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
