package ui

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Failures keeps why the newest change does not serve. Its methods may be called from any goroutine.
type Failures struct {
	last atomic.Pointer[report.FailureStatus]
}

// Note takes a notice into account, of which there is one at a time.
func (f *Failures) Note(n report.Notice, now time.Time) {
	note := func(s report.FailureStatus, post report.PostMortem) {
		s.At, s.Error, s.Place, s.Output = now, post.Quote, post.Place, post.Last
		f.last.Store(&s)
	}
	switch n := n.(type) {
	case report.NoticeFailed:
		if n.Why != report.WhySuperseded {
			note(report.FailureStatus{Generation: n.Gen, Files: n.Files, Reason: Failure(n)}, n.Post)
		}
	case report.NoticeBuildFailed:
		note(report.FailureStatus{Files: n.Files, Reason: buildFailure(n.Failure)}, n.Failure.Post)
	case report.NoticeCrashed:
		note(report.FailureStatus{Generation: n.Gen, Reason: n.Post.Reason}, n.Post)
	case report.NoticeRolledBack:
		if !n.ByHand {
			note(report.FailureStatus{Generation: n.Gen, Reason: n.Post.Reason}, n.Post)
		}
	case report.NoticeBuilt:
		if last := f.Last(); last != nil && last.Generation == 0 && n.Only && !n.Ended {
			f.last.Store(nil)
		}
	case report.NoticeServing, report.NoticeRunning, report.NoticeFinished:
		f.last.Store(nil)
	}
}

// longestWhy bounds the text of a failure in bytes.
const longestWhy = 4 << 10

// Event returns by which name rules know what a notice is about, its generation, and the failure that it tells of, which
// was noted before. "": rules know no such event.
func (f *Failures) Event(n report.Notice) (event string, gen report.GenID, why string) {
	switch n := n.(type) {
	case report.NoticeServing:
		return rule.EventServing, n.Gen, ""
	case report.NoticeDrained:
		return rule.EventDrained, n.Gen, ""
	case report.NoticeFailed:
		event, gen = rule.EventFailed, n.Gen
		if n.Why == report.WhySuperseded {
			return "", 0, ""
		}
	case report.NoticeBuildFailed:
		event = rule.EventFailed
	case report.NoticeCrashed:
		event, gen = rule.EventCrashed, n.Gen
	case report.NoticeRolledBack:
		event, gen = rule.EventCrashed, n.Gen
		if n.ByHand {
			return "", 0, ""
		}
	default:
		return "", 0, ""
	}
	last := f.Last()
	return event, gen, plain.Short(human.Dots(last.Reason, last.Cause()), longestWhy)
}

// Last returns the failure, which the caller must not change; nil: the newest change serves, or is under way and
// none before it failed.
func (f *Failures) Last() *report.FailureStatus { return f.last.Load() }

// mostOutput is how many lines of output the status for people shows.
const mostOutput = 12

// renderFailure returns the lines of the status about a failure.
func renderFailure(f *report.FailureStatus, now time.Time) []string {
	if f == nil {
		return nil
	}
	what := "failed: "
	if f.Generation != 0 {
		what = fmt.Sprintf("generation %d failed: ", f.Generation)
	}
	out := []string{"  " + human.Dots(what+f.Reason, changed(f.Files), human.Duration(now.Sub(f.At))+" ago", f.Cause())}
	for _, line := range f.Output[max(0, len(f.Output)-mostOutput):] {
		out = append(out, "    "+line)
	}
	return out
}
