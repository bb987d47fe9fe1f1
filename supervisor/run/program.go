package run

import (
	"context"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Process is a started program; see [proc.Process].
type Process interface {
	PID() int
	Listener() (int, error)
	Tree() []int
	Signal(syscall.Signal) error
	Kill() error
	Exited() <-chan report.Exit
	Gone() <-chan struct{}
}

// Start starts a process. After an error there is none, although the interface is not nil.
func Start(s proc.Spec) (Process, error) { return proc.Start(s) }

// Runner starts programs, and knows those that are not over. Any goroutine may call its methods.
type Runner struct {
	// constant
	Console Console
	Starts  func(proc.Spec) (Process, error)
	Env     func() ([]string, error) // of a [Command]
	Started func()                   // called when that of a Command runs

	// held for reading while a process is being started: each signal comes before that or after it
	starts   sync.RWMutex
	programs sync.Map // of *Program
}

// Signal sends a signal that does not ask for an end, such as that of Ctrl-Z, to every program, whatever its part is.
// It waits for those that are being started: after Ctrl-Z hotswap stops, and could not send them the signal later.
func (r *Runner) Signal(sig syscall.Signal) {
	r.starts.Lock()
	defer r.starts.Unlock()
	for p := range r.programs.Range {
		_ = p.(*Program).Signal(sig) // an error means that its keeper is frozen
	}
}

func (r *Runner) begin(p *Program, spec proc.Spec) (err error) {
	r.starts.RLock()
	defer r.starts.RUnlock()
	p.Process, err = r.Starts(spec)
	if err == nil {
		r.programs.Store(p, true)
	}
	return err
}

// Launch says how a program starts.
type Launch struct {
	proc.Spec  // to which transports add, and to which Start adds the standard streams
	Input      *os.File
	Transports []handoff.Transport
	Buffered   bool // the output is buffered

	Hear func(handoff.Event) // takes the events of the sessions
	Line func(line string)   // takes the lines of the output; nil: nobody does
	// makes the program wait before its own code; nil: it does not wait
	Wait func(*handoff.Launch) (handoff.Standby, error)
	// closed when the program may run its own code; nil: it does not wait
	Begun chan struct{}

	Shorten func(*handoff.Launch) // changes the launch when it is complete; nil: nothing does
}

// Program is a started program. One goroutine at a time uses it; any may call PostMortem.
type Program struct {
	Process
	Env      []string // with what the transports have added
	Streams  Streams
	Standby  handoff.Standby // or a rehearsal; nil: the program does not wait
	runner   *Runner
	launch   Launch
	sessions []handoff.Session

	cancel  context.CancelFunc // ends the sessions; nil: they do not run
	running sync.WaitGroup     // for them

	readCause sync.Once // guards post
	post      report.PostMortem
}

// Start starts a program. After an error nothing of the program is left.
func (r *Runner) Start(l Launch) (*Program, error) {
	p := &Program{launch: l, runner: r}
	var err error
	gen := l.Gen
	if l.Input != nil { // of a command, whose number is that of a build
		gen = 0
	}
	p.Streams, err = r.Console.Open(gen, l.Buffered, func() { l.Hear(handoff.Ready{Gen: l.Gen, By: "log"}) }, l.Line)
	if err != nil {
		return nil, handoff.Never(err.Error()) // for a standby
	}
	err = p.prepare(&l.Launch)
	if err == nil {
		if l.Shorten != nil {
			l.Shorten(&l.Launch)
		}
		l.Stdio = p.Streams.Stdio()
		if l.Input != nil {
			l.Stdio[0] = int(l.Input.Fd())
		}
		p.Env = l.Env
		err = r.begin(p, l.Spec)
	}
	if err != nil {
		for _, session := range p.sessions {
			if c, ok := session.(io.Closer); ok {
				c.Close()
			}
		}
		p.Finish()
		return nil, err
	}
	p.Streams.Started()
	return p, nil
}

// prepare has the transports add what they need, and then makes the program wait.
func (p *Program) prepare(launch *handoff.Launch) (err error) {
	for _, t := range p.launch.Transports {
		session, err := t.Prepare(launch)
		if err != nil {
			return err
		}
		if session != nil {
			p.sessions = append(p.sessions, session)
		}
	}
	if p.launch.Wait != nil {
		p.Standby, err = p.launch.Wait(launch)
	}
	return err
}

// Attend runs the sessions until ctx ends.
func (p *Program) Attend(ctx context.Context) {
	ctx, p.cancel = context.WithCancel(ctx)
	for _, session := range p.sessions {
		p.running.Go(func() {
			r := handoff.Running{Listener: p.Listener, Tree: p.Tree, Released: p.launch.Begun}
			if err := session.Run(ctx, r, p.launch.Hear); err != nil {
				p.launch.Hear(handoff.TrackingLost{Gen: p.launch.Gen, Err: err})
			}
		})
	}
}

// Finish releases what belongs to a program of which nothing is left, or that was not started. No event
// about the program comes after that.
func (p *Program) Finish() {
	p.runner.programs.Delete(p)
	if p.cancel != nil {
		p.cancel()
	}
	p.Streams.Close()
	p.running.Wait()
	if p.Standby != nil {
		p.Standby.Close()
	}
}

// End ends the whole tree, and returns when nothing of it is left: by the signal, and by SIGKILL when
// the grace is over or one of the channels is closed. Signal 0 stands for SIGKILL at once.
func (p *Program) End(sig syscall.Signal, grace time.Duration, urgent, wanted <-chan struct{}) {
	if p.Standby != nil {
		p.Standby.Close() // a process that waits ends itself then; one that handles the signal could not do so
	}
	if sig != 0 {
		_ = p.Signal(sig) // an error means that its keeper is frozen: SIGKILL follows
		select {
		case <-p.Gone():
		case <-time.After(grace):
		case <-urgent:
		case <-wanted:
		}
	}
	for !wait.Closed(p.Gone()) {
		_ = p.Kill()
		select {
		case <-p.Gone():
		case <-time.After(proc.KillLater):
		}
	}
}

// Console gives each generation its standard streams, as package console does.
type Console interface {
	// Open calls found when the output shows that the program can serve.
	Open(gen report.GenID, kept bool, found func(), hear func(line string)) (Streams, error)
}

// Streams are the standard streams of one generation.
type Streams interface {
	Stdio() [3]int
	Started()
	Go()
	Flush()
	Last() []string // of output that was kept back, after Close only
	Close()
}
