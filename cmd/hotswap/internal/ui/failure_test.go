package ui

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestReasons(t *testing.T) {
	post := report.PostMortem{Reason: "exit 1"}
	at := handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:9229")}
	for want, r := range map[string]report.Result{
		"exit 1 before it listened": {Outcome: report.OutcomeFailed, Why: report.WhyExited,
			Post: post},
		"exit 1 before it was ready": {Outcome: report.OutcomeFailed, Why: report.WhyExited,
			Post: post, Listened: true},
		"exit 1 before it was ready: no database": {Outcome: report.OutcomeFailed, Why: report.WhyExited,
			Post: post, Unready: "no database"},
		"did not listen in time": {Outcome: report.OutcomeFailed, Why: report.WhyTimeout,
			Post: post},
		"not ready in time: no database": {Outcome: report.OutcomeFailed, Why: report.WhyTimeout,
			Unready: "no database"},
		"it is not there": {Outcome: report.OutcomeFailed, Why: report.WhyNotStarted,
			Err: errors.New("it is not there")},
		"superseded": {Outcome: report.OutcomeFailed, Why: report.WhySuperseded},
		"it was given up for a rollback to generation 3": {Outcome: report.OutcomeSuperseded, By: 3},
		"no database": {Outcome: report.OutcomeUnready, Unready: "no database"},
		"is it stopped in a debugger at 127.0.0.1:9229?": {Outcome: report.OutcomeUnready,
			Debuggers: []handoff.Endpoint{at}},
		"not ready in time: is it stopped in a debugger at 127.0.0.1:9229?": {Outcome: report.OutcomeFailed,
			Why: report.WhyTimeout, Debuggers: []handoff.Endpoint{at}},
		"go build (hotswap.yaml:2) failed: exit 1": {Outcome: report.OutcomeFailed,
			Why:   report.WhyBuild,
			Build: &report.BuildFailure{Step: report.Step{Command: "go build", Name: "hotswap.yaml:2"}, Post: post}},
	} {
		if got := Reason(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The line that names the cause is shown, however long the stack behind it is.
func TestFailureBeginsWithItsCause(t *testing.T) {
	stack := slices.Repeat([]string{"    at f (/p/node_modules/express/lib/router.js:1:2)"}, 20)
	for name, c := range map[string]struct {
		output []string
		first  string
	}{
		"a stack behind":  {slices.Concat([]string{"starting", "Error: no db"}, stack), "Error: no db"},
		"a long line":     {slices.Concat([]string{"Error: no db and more"}, stack), "Error: no db and more"},
		"a stack before":  {slices.Concat(stack, []string{"Error: no db"}), stack[0]},
		"nothing told of": {stack, stack[0]},
	} {
		f := &report.FailureStatus{PostMortem: report.PostMortem{Quote: "Error: no db", Last: c.output}}
		if name == "a long line" {
			f.Quote += "…"
		}
		lines := failure(f)
		if len(lines) != 1+mostOutput || lines[1] != "    "+c.first {
			t.Errorf("%s: %d lines, %q", name, len(lines), lines[1])
		}
	}
	if got := failure(&report.FailureStatus{PostMortem: report.PostMortem{Last: []string{"a", "b"}}}); len(got) != 3 {
		t.Errorf("%q", got)
	}
}

// failure returns the lines of a failure in the status.
func failure(f *report.FailureStatus) []string {
	return strings.Split(StatusText(report.Status{Failure: f}, time.Time{}), "\n")[1:]
}
