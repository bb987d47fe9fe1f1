package main

import (
	"context"

	"github.com/hotswap-dev/hotswap/handoff/node"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// permission starts the program once more, without the adapter, when a generation
// ended because Node was not allowed to read it (--permission behind a wrapper).
type permission struct {
	adapters *node.Transport // nil: none; set before the supervisor runs
	swap     func()          // likewise
	say      lines
}

// notice adds that to what notices do. It comes from the supervisor's loop.
func (p *permission) notice(tell func(any)) func(any) {
	return func(n any) {
		tell(n)
		switch n := n.(type) {
		case supervisor.NoticeFailed:
			p.look(n.Gen, n.Post.Last)
		case supervisor.NoticeCrashed:
			p.look(n.Gen, n.Post.Last)
		}
	}
}

func (p *permission) look(gen supervisor.GenID, last []string) {
	if p.adapters.Denied(last) {
		p.say.denied(int(gen))
		go p.swap() // the loop would wait for itself
	}
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
