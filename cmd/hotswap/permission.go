package main

import (
	"context"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// permission starts the program once more, without the adapter, when a generation
// ended because Node was not allowed to read it (--permission behind a wrapper).
type permission struct {
	adapters *node.Transport // nil: none; set before the supervisor runs
	swap     func()          // likewise
	say      lines
}

// notice adds that to what notices do. It looks before it tells, for what comes next is
// part of what is told. It comes from the supervisor's loop.
func (p *permission) notice(tell func(any)) func(any) {
	return func(n any) {
		denied := handoff.GenID(0)
		switch f := n.(type) {
		case supervisor.NoticeFailed:
			if p.adapters.Denied(f.Post.Last) {
				denied, f.Next = f.Gen, atOnce(f.Next)
				n = f
			}
		case supervisor.NoticeCrashed:
			if p.adapters.Denied(f.Post.Last) {
				denied, f.Next = f.Gen, atOnce(f.Next)
				n = f
			}
		}
		tell(n)
		if denied != 0 {
			p.say.denied(int(denied))
			go p.swap() // the loop would wait for itself
		}
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
func swapper(ctx context.Context, s *supervisor.Supervisor) func() {
	return func() { _, _ = s.Swap(ctx) }
}

// barred tells, once, that a Node process has the adapter and may not read its files.
func (l lines) barred(gen, pid int) {
	l.log.Warn().Str("event", "no-adapter").Int("gen", gen).Int("pid", pid).
		Msgf("process %d runs without hotswap's adapter, under --permission it may not read it: its connections are watched from outside", pid)
}

// denied tells, once, that Node may not read the adapter.
func (l lines) denied(gen int) {
	l.log.Warn().Str("event", "no-adapter").Int("gen", gen).
		Msgf("generation %d ended because Node runs under --permission and may not read hotswap's adapter: the program is started without it from now on, and watched from outside", gen)
}
