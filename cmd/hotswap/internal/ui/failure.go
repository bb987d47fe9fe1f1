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

// longestWhy bounds the text of a failure in bytes.
const longestWhy = 4 << 10

// Note evaluates a notice; callers pass one at a time. It returns what rules may run commands about.
func (f *Failures) Note(n report.Notice, now time.Time) report.Happening {
	note := func(event string, s report.FailureStatus, post report.PostMortem) report.Happening {
		s.At, s.Error, s.Place, s.Output = now, post.Quote, post.Place, post.Last
		f.last.Store(&s)
		return report.Happening{Event: event, Gen: s.Generation, Why: plain.Short(human.Dots(s.Reason, s.Cause()), longestWhy), Files: s.Files}
	}
	switch n := n.(type) {
	case report.NoticeFailed:
		if n.Why != report.WhySuperseded {
			return note(rule.EventFailed, report.FailureStatus{Generation: n.Gen, Files: n.Files, Reason: looping(n.Next) + Failure(n)}, n.Post)
		}
	case report.NoticeBuildFailed:
		return note(rule.EventFailed, report.FailureStatus{Files: n.Files, Reason: buildFailure(n.Failure)}, n.Failure.Post)
	case report.NoticeCrashed:
		return note(rule.EventCrashed, report.FailureStatus{Generation: n.Gen, Reason: looping(n.Next) + n.Post.Reason}, n.Post)
	case report.NoticeRolledBack:
		if !n.ByHand {
			return note(rule.EventCrashed, report.FailureStatus{Generation: n.Gen, Reason: n.Post.Reason}, n.Post)
		}
	case report.NoticeBuilt:
		if last := f.Last(); last != nil && last.Generation == 0 && n.Only && !n.Ended {
			f.last.Store(nil)
		}
	case report.NoticeServing:
		f.last.Store(nil)
		return report.Happening{Event: rule.EventServing, Gen: n.Gen, Files: n.Files}
	case report.NoticeRunning, report.NoticeFinished:
		f.last.Store(nil)
	case report.NoticeDrained:
		return report.Happening{Event: rule.EventDrained, Gen: n.Gen}
	}
	return report.Happening{}
}

// saveFailed reports whether the notice says that what was saved does not serve. Then the bell rings.
func saveFailed(n report.Notice) bool {
	switch n := n.(type) {
	case report.NoticeFailed:
		return n.Why != report.WhySuperseded
	case report.NoticeBuildFailed:
		return true
	case report.NoticeRolledBack:
		return !n.ByHand
	}
	return false
}

// looping says before a reason that the program crashes again and again.
func looping(n report.Next) string { return human.If(n.Crashes >= report.LoopAfter, "crash loop: ") }

// renderLoop returns the line of the status about crashes in a row.
func renderLoop(l report.CrashLoopStatus, now time.Time) string {
	next := ""
	if l.Next != nil {
		next = "next try in " + human.Duration(max(0, l.Next.Sub(now)))
	}
	return "  " + human.Dots("crash loop: "+human.Count(l.Crashes, "crash")+" in a row", next)
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
	for _, line := range f.Telling(mostOutput) {
		out = append(out, "    "+line)
	}
	return out
}
