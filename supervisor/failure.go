package supervisor

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// fails notes why the newest change does not serve, or that it does, and returns what hooks may be about.
func (s *Supervisor) fails(n report.Notice) report.Happening {
	note := func(event string, gen GenID, files []string, crashes int, reason string,
		post report.PostMortem) report.Happening {
		if crashes >= report.LoopAfter {
			reason = "crash loop: " + reason
		}
		some := files[:min(len(files), 20)] // a checkout changes thousands
		post.Reason = reason
		s.failure = &report.FailureStatus{
			Generation: gen, At: time.Now(), Files: some, MoreFiles: len(files) - len(some), PostMortem: post,
		}
		return report.Happening{Event: event, Gen: gen, Why: s.cfg.Why(reason, post.Cause()), Files: files}
	}
	serves := func(gen report.GenID) {
		if s.failure != nil && (s.failure.Generation != 0 || gen > s.before) {
			s.failure = nil
		}
	}
	switch n := n.(type) {
	case report.NoticeFailed:
		if n.Why != report.WhySuperseded {
			return note(report.EventFailed, n.Gen, n.Files, n.Next.Crashes, n.Reason, n.Post)
		}
	case report.NoticeBuildFailed:
		s.before, s.broken = s.begun, n.Failure.Step
		reason := s.cfg.Reason(report.Result{Outcome: report.OutcomeFailed, Build: &n.Failure})
		return note(report.EventFailed, 0, n.Files, 0, reason, n.Failure.Post)
	case report.NoticeCrashed:
		return note(report.EventCrashed, n.Gen, nil, n.Next.Crashes, n.Post.Reason, n.Post)
	case report.NoticeRolledBack:
		if !n.ByHand {
			return note(report.EventCrashed, n.Gen, nil, 0, n.Post.Reason, n.Post)
		}
	case report.NoticeBuilt:
		if s.failure != nil && s.failure.Generation == 0 && n.Only && slices.ContainsFunc(n.Steps, s.broken.Is) {
			s.failure = nil
		}
	case report.NoticeServing:
		serves(n.Gen)
		return report.Happening{Event: report.EventServing, Gen: n.Gen, Files: n.Files}
	case report.NoticeRunning:
		serves(n.Gen)
	case report.NoticeFinished:
		serves(n.Gen)
	case report.NoticeDrained:
		return report.Happening{Event: report.EventDrained, Gen: n.Gen}
	}
	return report.Happening{}
}
