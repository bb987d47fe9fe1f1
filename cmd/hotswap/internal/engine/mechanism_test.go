package engine

import (
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// A generation that ended because Node may not read the adapter is started once more at
// once, without it; that is told once, and what comes next is told truly.
func TestDeniedAdapterIsNotWaitedFor(t *testing.T) {
	last := []string{"  code: 'ERR_ACCESS_DENIED',", "  resource: '/c/node-0123456789abcdef/adapter.cjs'"}
	post := supervisor.PostMortem{Reason: "exit status 1", Last: last}
	wait := supervisor.Next{Kind: supervisor.NextWait}
	failed := supervisor.NoticeFailed{Gen: 1, Why: supervisor.WhyExited, Post: post, Next: wait}
	for name, tt := range map[string]struct {
		n    supervisor.Notice
		want supervisor.NextKind
	}{
		"failed":                       {failed, supervisor.NextStart},
		"failed, and another one runs": {supervisor.NoticeFailed{Gen: 2, Why: supervisor.WhyExited, Post: post, Next: supervisor.Next{Kind: supervisor.NextKeeps, Gen: 1}}, supervisor.NextKeeps},
		"crashed":                      {supervisor.NoticeCrashed{Gen: 1, Post: post, Next: supervisor.Next{Kind: supervisor.NextRestart}}, supervisor.NextStart},
	} {
		m := Mechanism{Adapters: &node.Transport{}}
		n, denied := m.Denied(tt.n)
		next := supervisor.Next{}
		switch n := n.(type) {
		case supervisor.NoticeFailed:
			next = n.Next
		case supervisor.NoticeCrashed:
			next = n.Next
		}
		if next.Kind != tt.want || denied == 0 {
			t.Errorf("%s: next %v, generation %d", name, next.Kind, denied)
		}
		if n, denied := m.Denied(failed); denied != 0 || n.(supervisor.NoticeFailed).Next != wait {
			t.Errorf("%s, and again: %+v", name, n)
		}
	}
}
