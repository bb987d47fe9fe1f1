package ui

import (
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestWhichNoticesRing(t *testing.T) {
	for _, c := range []struct {
		notice report.Notice
		rings  bool
	}{
		{report.NoticeFailed{Result: report.Result{Why: report.WhyExited}}, true},
		{report.NoticeFailed{Result: report.Result{Why: report.WhySuperseded}}, false}, // a newer save took its place
		{report.NoticeBuildFailed{}, true},
		{report.NoticeRolledBack{}, true},
		{report.NoticeRolledBack{ByHand: true}, false},
		{report.NoticeCrashed{}, false},
		{report.NoticeServing{}, false},
	} {
		if got := saveFailed(c.notice); got != c.rings {
			t.Errorf("%#v rings: %v, want %v", c.notice, got, c.rings)
		}
	}
}
