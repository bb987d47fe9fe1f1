package engine

import (
	"context"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// adapterReporter hears why Node's adapter is not in a process.
type adapterReporter interface {
	AdapterDenied(gen int)
}

// permission starts the program once more, without the adapter, when a generation
// ended because Node was not allowed to read it (--permission behind a wrapper).
type Permission struct {
	Adapters *node.Transport // nil: none; set before the supervisor runs
	Swap     func()          // likewise
	Say      adapterReporter
}

// Revise returns n with what comes next if it is an end for want of that permission, and
// that generation, or 0. It runs in the supervisor's loop.
func (p *Permission) Revise(n supervisor.Notice) (supervisor.Notice, handoff.GenID) {
	switch f := n.(type) {
	case supervisor.NoticeFailed:
		if p.Adapters.Denied(f.Post.Last) {
			f.Next = atOnce(f.Next)
			return f, f.Gen
		}
	case supervisor.NoticeCrashed:
		if p.Adapters.Denied(f.Post.Last) {
			f.Next = atOnce(f.Next)
			return f, f.Gen
		}
	}
	return n, 0
}

// Again starts the program without the adapter in the place of that generation; 0: of none.
func (p *Permission) Again(denied handoff.GenID) {
	if denied != 0 {
		p.Say.AdapterDenied(int(denied))
		go p.Swap() // the loop would wait for itself
	}
}

// atOnce is what comes next when the program is started once more at once.
func atOnce(n supervisor.Next) supervisor.Next {
	if n.Kind == supervisor.NextWait || n.Kind == supervisor.NextRestart {
		return supervisor.Next{Kind: supervisor.NextStart}
	}
	return n
}

// swapper asks for a swap; what becomes of it is told by notices.
func Swapper(ctx context.Context, s *supervisor.Supervisor) func() {
	return func() { _, _ = s.Reload(ctx) }
}
