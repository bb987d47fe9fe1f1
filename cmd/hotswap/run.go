package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/hotswap-dev/hotswap/supervisor"
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
	m, err := assemble(opts, chooseWay, supervisor.Config{
		Command: command,
		Env:     os.Environ(),
		Stdio:   [3]int{tty.stdin(), 1, 2},
		Notify:  say.notice,
	})
	if err != nil {
		return err
	}
	defer m.close()
	if m.way.why != nil {
		say.degraded(m.way)
	}
	say.declared(opts.listen)
	*code = supervise(m.supervisor, watcher, tty, say)
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
