package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/steer"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/watch"
)

// runAction is hotswap's main job: it supervises one command until told to
// stop.
func runAction(c *cli.Context, std streams, command []string, code *int) error {
	opts, err := readOptions(c)
	if err != nil {
		return err
	}
	tty, err := openTerminal(std.in)
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	defer tty.restore()
	say := lines{log: newLog(std.err, opts.json, opts.verbose), tty: tty}

	watcher, err := newWatcher(opts, command, say.watched)
	if err != nil {
		return err
	}
	proc.BecomeSubreaper()
	registry := handoff.NewRegistry(steer.Kernel{})
	defer registry.Close()
	for _, e := range opts.listen {
		if err := registry.Declare(e); err != nil {
			return unavailable(fmt.Errorf("--listen %s: %w", e.Short(), withHolder(e, err)))
		}
	}
	way, err := chooseWay(opts, registry)
	if err != nil {
		return err
	}
	if way.why != nil {
		say.degraded(way)
	}
	s := supervisor.New(supervisor.Config{
		Command: command,
		Env:     os.Environ(),
		Stdio:   [3]int{tty.stdin(), 1, 2},
		Policy: supervisor.Policy{
			Strategy: way.strategy, Watching: !opts.noWatch,
			ReadyTimeout: opts.readyTimeout, DrainTimeout: opts.drainTimeout,
		},
		Registry: registry, Transports: way.transports, Drainer: way.drainer,
		Notify: say.notice,
	})
	*code = supervise(s, watcher, tty, say)
	return nil
}

// supervise runs the supervisor with the producers of its events, until it
// ends; then they end too.
func supervise(s *supervisor.Supervisor, w *watch.Watcher, tty *terminal, say lines) int {
	ctx, cancel := context.WithCancel(context.Background())
	var producers sync.WaitGroup
	defer producers.Wait()
	defer cancel()
	producers.Go(func() { forwardSignals(ctx, s, tty) })
	if w != nil {
		producers.Go(func() {
			if err := w.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				say.log.Error().Str("event", "watch").Err(err).Msgf("not watching any more: %v", err)
			}
		})
		producers.Go(func() { forwardBatches(ctx, s, w) })
	}
	return s.Run(context.Background())
}

func forwardBatches(ctx context.Context, s *supervisor.Supervisor, w *watch.Watcher) {
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-w.Batches():
			var files []string
			for _, change := range b.Changes {
				files = append(files, change.Rel)
			}
			s.Batch(files, b.Full)
		}
	}
}

// withHolder adds who listens on an endpoint that is in use.
func withHolder(e handoff.Endpoint, err error) error {
	if who := holder(e); who.pid != 0 {
		return fmt.Errorf("%w: taken by %s (process %d)", err, who.name, who.pid)
	}
	return err
}
