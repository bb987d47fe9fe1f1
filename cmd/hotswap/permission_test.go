package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// When Node was not allowed to read the adapter, the program is started once more. So
// the line that says that it ended does not say that hotswap waits for a change.
func TestDeniedAdapterIsNotWaitedFor(t *testing.T) {
	last := []string{"  code: 'ERR_ACCESS_DENIED',", "  resource: '/c/node-0123456789abcdef/adapter.cjs'"}
	post := supervisor.PostMortem{Reason: "exit status 1", Last: last}
	for name, tt := range map[string]struct {
		n    supervisor.Notice
		want string
	}{
		"failed":                       {supervisor.NoticeFailed{Gen: 1, Why: supervisor.WhyExited, Post: post, Next: supervisor.Next{Kind: supervisor.NextWait}}, "a fresh one starts"},
		"failed, and another one runs": {supervisor.NoticeFailed{Gen: 2, Why: supervisor.WhyExited, Post: post, Next: supervisor.Next{Kind: supervisor.NextKeeps, Gen: 1}}, "generation 1 serves on"},
		"crashed":                      {supervisor.NoticeCrashed{Gen: 1, Post: post, Next: supervisor.Next{Kind: supervisor.NextRestart}}, "a fresh one starts"},
	} {
		var out bytes.Buffer
		say := lines{log: newLog(&out, false, false), keyLines: &keyLines{}}
		swapped := make(chan struct{}, 2)
		p := &permission{adapters: &node.Transport{}, swap: func() { swapped <- struct{}{} }, say: say}
		tell := func(n supervisor.Notice) {
			n, denied := p.Revise(n)
			say.Notice(n)
			p.Again(denied)
		}
		tell(tt.n)
		<-swapped
		told := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(told) != 2 || !strings.HasSuffix(told[0], tt.want) || !strings.Contains(told[1], "without it from now on") {
			t.Errorf("%s: %q", name, told)
		}
		out.Reset()
		tell(supervisor.NoticeFailed{Gen: 2, Why: supervisor.WhyExited, Post: post, Next: supervisor.Next{Kind: supervisor.NextWait}})
		if !strings.HasSuffix(strings.TrimSpace(out.String()), "waiting for a change") {
			t.Errorf("%s, and again: %q", name, out.String())
		}
	}
}
