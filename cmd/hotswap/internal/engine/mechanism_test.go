package engine

import (
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A generation that ended because Node may not read the adapter is started once more at
// once, without it; that is told once, and what comes next is told truly.
func TestDeniedAdapterIsNotWaitedFor(t *testing.T) {
	last := []string{"  code: 'ERR_ACCESS_DENIED',", "  resource: '/c/node-0123456789abcdef/adapter.cjs'"}
	post := report.PostMortem{Reason: "exit status 1", Last: last}
	wait := report.Next{Kind: report.NextWait}
	failed := report.NoticeFailed{Gen: 1, Why: report.WhyExited, Post: post, Next: wait}
	for name, tt := range map[string]struct {
		n    report.Notice
		want report.NextKind
	}{
		"failed":                       {failed, report.NextStart},
		"failed, and another one runs": {report.NoticeFailed{Gen: 2, Why: report.WhyExited, Post: post, Next: report.Next{Kind: report.NextKeeps, Gen: 1}}, report.NextKeeps},
		"crashed":                      {report.NoticeCrashed{Gen: 1, Post: post, Next: report.Next{Kind: report.NextRestart}}, report.NextStart},
	} {
		m := Mechanism{Adapters: &node.Transport{}}
		n, denied := m.Denied(tt.n)
		next := report.Next{}
		switch n := n.(type) {
		case report.NoticeFailed:
			next = n.Next
		case report.NoticeCrashed:
			next = n.Next
		}
		if next.Kind != tt.want || denied == 0 {
			t.Errorf("%s: next %v, generation %d", name, next.Kind, denied)
		}
		if n, denied := m.Denied(failed); denied != 0 || n.(report.NoticeFailed).Next != wait {
			t.Errorf("%s, and again: %+v", name, n)
		}
	}
}
