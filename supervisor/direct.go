package supervisor

import (
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// direct does what a notice has to do with programs that start by themselves, and reports whether people get the notice.
func (s *Supervisor) direct(n report.Notice) bool {
	switch n := n.(type) {
	case report.NoticeDirect:
		why := ""
		if n.Err != nil {
			if why = n.Err.Error(); why == s.whole || errors.As(n.Err, new(handoff.Unknown)) {
				return false
			}
		}
		s.whole = why
	case report.NoticeFailed:
		if n.Why != report.WhySuperseded && n.Why != report.WhyBuild {
			s.wholeNext()
		}
	case report.NoticeCrashed, report.NoticeRolledBack:
		s.wholeNext()
	}
	return true
}

// wholeNext has the whole command run in the next generation.
func (s *Supervisor) wholeNext() {
	if s.cfg.Shortcut != nil {
		s.cfg.Shortcut.Whole()
	}
}
