// Package commands turns signals, keys and requests at the control socket into commands for
// the supervisor. It forwards SIGUSR1, and typed text, to the program.
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
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// exitTimeout is how long hotswap may take to stop at once before it exits without waiting for
// the supervisor or for a reader of its output. The keepers end their trees when this process has gone.
const exitTimeout = 2 * time.Second

type Commands struct {
	Config
	signals chan os.Signal // caught, and sent by keys
	stops   stops          // Run owns it
	stopped atomic.Bool    // the control socket asked for the first stop
	pauses  pauses
}

type Config struct {
	Supervisor *supervisor.Supervisor
	Steering   steering
	// from SIGTERM, or a request to stop, until the drain
	StopDelay time.Duration
	// tells the service manager of a reload by a signal
	Reloading func() (done func(report.Outcome))
	Changes   watcher                                                     // nil: no files are watched
	Explain   func(ctx context.Context, path string) (control.Why, error) // says what a change of a file does
	Terminal  *terminal.Terminal
	Console   *terminal.Console
	Log       *control.Log
	Reporter  reporter
}

// steering says whether this hotswap steers. While that is not known, commands wait.
type steering interface {
	// returns nil when this hotswap steers, and [control.ErrMoved] if another one does
	Wait(context.Context) error
	Moved() error // does not wait
	// waits, and passes the signal on to another hotswap that steers, if there is one
	Pass(context.Context, os.Signal) bool
	// because this hotswap stops; another one that steers nevertheless gets the signal
	Keep(context.Context, os.Signal)
}

type watcher interface {
	Paused() (files int) // that wait for the end of a pause
	Sync(context.Context) error
	Settled() bool
	Ignored() []report.IgnoredStatus
}

// reporter prints what people ask to see, and where signals went.
type reporter interface {
	Status(st report.Status, now time.Time)
	Paused()
	Resumed(files int)
	NothingToPause()
	Keys()
	Signalled(sig syscall.Signal, pid int) // 0: no process handles it
}

// New returns commands that act only when Catch and Run are called.
func New(c Config) *Commands {
	return &Commands{Config: c, signals: make(chan os.Signal, 8), stops: stops{},
		pauses: pauses{pausers: map[string]bool{}}}
}

// Catch catches signals for Run. It must come before the terminal is set: a Ctrl-Z that is
// not caught would stop hotswap with the terminal's modes changed.
func (w *Commands) Catch() {
	signal.Notify(w.signals, proc.Heeded(syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT,
		syscall.SIGTSTP, syscall.SIGCONT, syscall.SIGUSR1)...)
}

// SurviveBrokenPipes keeps a write to a closed pipe from ending the process. Ctrl-C at
// `hotswap … 2>&1 | tee log` ends tee first, and hotswap must still drain. SIGPIPE is caught
// and not ignored, because the program would inherit an ignored signal.
func SurviveBrokenPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// Run acts on signals until ctx ends: SIGHUP reloads, SIGINT and SIGTERM drain and stop, the same signal again ends the
// delay of a stop or else stops at once, as SIGQUIT does. SIGTSTP suspends until SIGCONT. SIGUSR1 is for the program.
func (w *Commands) Run(ctx context.Context) {
	defer signal.Stop(w.signals)
	for {
		select {
		case <-ctx.Done():
			return
		case sig := <-w.signals:
			w.act(ctx, sig.(syscall.Signal))
		}
	}
}

func (w *Commands) act(ctx context.Context, sig syscall.Signal) {
	switch {
	case sig == syscall.SIGTSTP:
		w.suspend()
	case sig == syscall.SIGCONT:
		w.Terminal.Mend()
	case sig == syscall.SIGUSR1:
		go func() { w.Reporter.Signalled(sig, w.Signal(sig)) }()
	case sig == syscall.SIGHUP && !w.Terminal.HungUp():
		done := w.Reloading()
		go func() {
			var r report.Result
			if !w.Steering.Pass(ctx, sig) {
				r, _ = w.Supervisor.Reload(ctx) // notices tell people the outcome
			}
			done(r.Outcome)
		}()
	default: // also SIGHUP from a terminal that was hung up
		w.stop(ctx, sig)
	}
}

func (w *Commands) stop(ctx context.Context, sig syscall.Signal) {
	w.Console.Stopped()
	switch w.stops.add(sig, time.Now(), w.stopped.Load(), !w.Supervisor.Status().StopsAt.IsZero()) {
	case wishNow:
		code := exit.CodeSignal + int(sig)
		go w.Supervisor.StopNow(code)
		time.AfterFunc(exitTimeout, func() {
			w.Terminal.Restore()
			os.Exit(code)
		})
	case wishDrain:
		w.Steering.Keep(ctx, sig)
		switch sig {
		case syscall.SIGINT:
			go w.Supervisor.Interrupt()
		case syscall.SIGTERM:
			go w.Supervisor.Stop(ctx, w.StopDelay)
		default:
			go w.Supervisor.Stop(ctx, 0)
		}
	}
}

// suspend stops the program and hotswap, as Ctrl-Z stops any job, until SIGCONT. The
// terminal's own signal does not reach the program, which has process groups of its own.
func (w *Commands) suspend() {
	w.Supervisor.Suspend()
	w.Terminal.Leave()
	terminal.StopSelf()
	w.Terminal.ComeBack()
	w.Supervisor.Resume()
}

func (w *Commands) key(ctx context.Context, k terminal.Key) {
	switch k {
	case terminal.KeySwap:
		w.send(ctx, syscall.SIGHUP)
	case terminal.KeyQuit:
		w.send(ctx, syscall.SIGINT)
	case terminal.KeyRollback:
		go w.Rollback(ctx) // notices tell the outcome
	case terminal.KeyPause:
		go w.togglePause(ctx)
	case terminal.KeyStatus:
		w.Reporter.Status(w.Supervisor.Now(), time.Now())
	case terminal.KeyHelp:
		w.Reporter.Keys()
	}
}

func (w *Commands) send(ctx context.Context, sig syscall.Signal) {
	select {
	case w.signals <- sig:
	case <-ctx.Done():
	}
}
