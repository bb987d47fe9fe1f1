package commands

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/terminal"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/upgrade"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// again is how long after the first a second stop signal counts: a terminal and
// a runner above both send one, and that is not impatience.
const Again = 300 * time.Millisecond

// lastResort is how long a stop at once may take to be heard. The keepers end
// their trees when this process has gone.
const lastResort = 2 * time.Second

// surviveBrokenPipes keeps a write to a closed pipe from ending the process:
// Ctrl-C at `hotswap … 2>&1 | tee log` ends tee first, and the drain is still
// to come. Caught, not ignored, for ignoring is inherited.
func SurviveBrokenPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// commandReporter shows what people ask to see.
type commandReporter interface {
	Status(st supervisor.Status, now time.Time)
	Keys()
	Mark()
}

// Commands are the signals and keys that become commands.
type Commands struct {
	supervisor *supervisor.Supervisor
	upgrade    *upgrade.Upgrade
	say        commandReporter
	tty        *terminal.Terminal
	signals    chan os.Signal // those of a key too
	stopping   time.Time      // when the first stop came; run's
	asked      atomic.Bool    // the first stop came by the control socket
}

func New(s *supervisor.Supervisor, upgrade *upgrade.Upgrade, tty *terminal.Terminal, say commandReporter) *Commands {
	return &Commands{supervisor: s, upgrade: upgrade, tty: tty, say: say, signals: make(chan os.Signal, 8)}
}

// hear begins to catch signals, for run. It comes before the terminal is set: a
// Ctrl-Z that is not caught stops hotswap with the terminal as it is.
func (w *Commands) Hear() {
	wanted := []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGCONT}
	if !signal.Ignored(syscall.SIGHUP) {
		wanted = append(wanted, syscall.SIGHUP)
	}
	signal.Notify(w.signals, wanted...)
}

// run makes signals commands until ctx ends: SIGHUP swaps, SIGINT and SIGTERM
// drain and stop, a second one stops now, as SIGQUIT does. SIGTSTP stops all
// until SIGCONT. SIGUSR2 is the upgrade's. Under nohup SIGHUP stays ignored.
func (w *Commands) Run(ctx context.Context) {
	defer signal.Stop(w.signals)
	for {
		select {
		case <-ctx.Done():
			return
		case sig := <-w.signals:
			w.signal(ctx, sig.(syscall.Signal))
		}
	}
}

func (w *Commands) signal(ctx context.Context, sig syscall.Signal) {
	switch {
	case sig == syscall.SIGTSTP:
		w.suspend()
	case sig == syscall.SIGCONT:
		w.tty.Mend()
	case sig == syscall.SIGHUP && !w.tty.Lost():
		if !w.upgrade.Hold(sig) {
			go w.supervisor.Reload(ctx) // its fate is told by notices
		}
	case sig == syscall.SIGQUIT, w.asked.Load(), !w.stopping.IsZero() && time.Since(w.stopping) >= Again:
		code := exit.CodeSignal + int(sig)
		go w.supervisor.StopNow(ctx, code)
		time.AfterFunc(lastResort, func() {
			if ctx.Err() == nil {
				w.tty.Restore()
				os.Exit(code)
			}
		})
	case w.stopping.IsZero():
		// SIGHUP from a terminal that is gone means: leave.
		w.stopping = time.Now()
		w.upgrade.Forgo(sig)
		go w.supervisor.Stop(ctx)
	}
}

// suspend stops the program and hotswap, as Ctrl-Z stops any job, and lets both
// go on when hotswap does. The program is in process groups of its own, so that
// the terminal's own signal does not reach it.
func (w *Commands) suspend() {
	w.supervisor.Suspend()
	w.tty.Leave()
	terminal.StopSelf()
	w.tty.ComeBack()
	w.supervisor.Resume()
}

// send makes it so that a key is a signal.
func (w *Commands) send(ctx context.Context, sig syscall.Signal) {
	select {
	case w.signals <- sig:
	case <-ctx.Done():
	}
}

// key does what a key asks for. Those that a signal asks for too are that
// signal.
func (w *Commands) key(ctx context.Context, k terminal.Key) {
	switch k {
	case terminal.KeySwap:
		w.send(ctx, syscall.SIGHUP)
	case terminal.KeyQuit:
		w.send(ctx, syscall.SIGINT)
	case terminal.KeyRollback:
		go w.RollBack(ctx) // as with a swap
	case terminal.KeyStatus:
		w.say.Status(w.supervisor.Current(), time.Now())
	case terminal.KeyHelp:
		w.say.Keys()
	case terminal.KeyMark:
		w.say.Mark()
	}
}

// rollBack waits for what comes of an upgrade: meanwhile it is not this hotswap
// that steers, and what it wished for would be undone.
func (w *Commands) RollBack(ctx context.Context) {
	if w.upgrade.Free(ctx) {
		_, _ = w.supervisor.Rollback(ctx)
	}
}
