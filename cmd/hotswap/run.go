package main

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// runAction is hotswap's main job: it supervises one command until told to
// stop.
func runAction(c *cli.Context, std streams, command []string, code *int) error {
	opts, err := readOptions(c)
	if err != nil {
		return err
	}
	closeInherited() // before anything is started
	if opts.activation, err = newActivation(); err != nil {
		return err
	}
	tty, err := openTerminal(std.in)
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	defer tty.restore()
	tty.raw = opts.stdin
	surviveBrokenPipes()
	shared := newConsole(opts, tty)
	out := newOutbox(shared, leftOut(opts.json))
	defer out.close()
	say := newLines(out, opts, tty)
	renew, err := newRenewal(opts, say)
	if err != nil {
		return err
	}

	if renew.younger {
		opts.activation = renew.estate.activation
	}
	renew.activation = opts.activation
	tty.inherit(renew.estate.terminal)

	watched, err := newChanges(opts, command, renew.estate.built, say)
	if err != nil {
		return err
	}
	if !renew.younger {
		endLeftovers(say)
	}
	found, err := newPresence(opts, command, renew, say)
	if err != nil {
		return err
	}
	defer func() { found.close(renew.successor() != 0) }()
	manager := newManager(!renew.younger)
	defer manager.close()
	claimed := &claims{activation: opts.activation, say: say, began: renew.younger}
	barred := &permission{say: say}
	tell := renew.notice(manager.notice(barred.notice(claimed.notice(say.notice))))
	m, err := assemble(opts, chooseWay, supervisor.Config{
		Command: command,
		Env:     found.environ(os.Environ()),
		Console: shared, Terminal: tty.borrowed,
		Notify: func(n any) {
			if watched != nil {
				watched.Notice(n)
			}
			tell(n)
		},
		Beat:  watchdog(manager, renew),
		Elder: supervisor.Elder{Last: renew.estate.last, Serves: renew.estate.serves},
	}, renew.estate.gates...)
	if err != nil {
		return err
	}
	defer m.close()
	m.keep(opts.websocket, say.kept)
	if m.way.why != nil {
		say.degraded(m.way)
	}
	if m.way.noAdapter != nil {
		say.noAdapter(m.way.noAdapter)
	}
	if m.way.adapters != nil {
		m.way.adapters.OnWithout(once(say.noAdapter))
	}
	barred.adapters, barred.swap = m.way.adapters, swapper(context.Background(), m.supervisor)
	if opts.canary.percent > 0 && m.way.strategy == supervisor.StopFirst {
		say.noCanary()
	}
	if !renew.younger {
		say.declared(opts.listen)
		say.activated(opts.activation, m.single)
	}
	*code = supervise(m, watched, renew, found, shared, say)
	return nil
}

// supervise runs the supervisor with the producers of its events, until it
// ends; then they end too.
func supervise(m *machinery, watched *changes.Changes, renew *renewal, found *presence, c *consoles, say lines) int {
	s := m.supervisor
	ctx, cancel := context.WithCancel(context.Background())
	var producers sync.WaitGroup
	defer producers.Wait()
	defer cancel()
	renew.giveUp = func() { _, _ = s.StopNow(ctx, exitUnavailable) }
	wish := newWishes(s, renew, say)
	wish.hear()
	producers.Go(func() { wish.run(ctx) })
	resized := hearResizes()
	producers.Go(func() { forwardResizes(ctx, resized, s, c) })
	producers.Go(func() { renew.run(ctx, m) })
	producers.Go(func() { proc.ReapOrphans(ctx) })
	producers.Go(func() { m.registry.Watch(ctx, s.Released) })
	producers.Go(func() { forwardSignals(ctx, s, say) })
	producers.Go(func() { found.keep(ctx, s) })
	found.serve(remote{s, renew, wish})
	if say.tty.is {
		producers.Go(func() { readKeys(ctx, wish, c, renew.younger) })
	}
	if watched != nil {
		producers.Go(func() {
			watched.Run(ctx, changes.Engine{Supervisor: s, Adapters: m.way.adapters, Writes: m.way.writes, Free: renew.free})
		})
	}
	return s.Run(context.Background())
}

// readKeys reads keys until ctx ends. A younger hotswap takes the terminal later.
func readKeys(ctx context.Context, wish *wishes, c *consoles, younger bool) {
	do := func(b []byte) {
		for _, k := range keysFor(string(b)) {
			wish.key(ctx, k)
		}
	}
	if wish.say.tty.raw {
		t := newTypist(wish, c)
		do = func(b []byte) { t.take(ctx, b) }
		var typing sync.WaitGroup
		typing.Go(func() { t.run(ctx) })
		defer typing.Wait()
	}
	k, err := newKeyboard(wish.say.tty, do)
	if err != nil {
		return // the signals do the same
	}
	defer k.close()
	if !younger {
		wish.say.tty.take()
	}
	k.run(ctx)
}
