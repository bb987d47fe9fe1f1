package run

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Command runs commands beside the generations, one after the other: those of a build, or a program beside. hotswap
// does not intercept the sockets of a command, and kills the processes that the command leaves behind. Any goroutine
// may call its methods.
type Command struct {
	Runner     *Runner
	ID         int    // of the build; 0: there is none
	Title      string // of the keepers
	Transports []handoff.Transport
	Env        []string      // that is added to the Runner's
	Grace      time.Duration // from SIGTERM to SIGKILL
	Urgent     chan struct{} // closed by the loop: commands are to end at once
	Stays      bool          // the end of standard input does not come: some compilers end with it
	Line       func(string)  // takes the lines of the output; nil: nobody does

	now atomic.Pointer[Program] // the command that runs; nil: none does
}

// Run runs one command, and returns when nothing of it is left; nil if it has succeeded.
func (x *Command) Run(ctx context.Context, step report.Step) *report.BuildFailure {
	p, input, err := x.start(step)
	failed := &report.BuildFailure{Step: step, Err: err}
	if err != nil {
		return failed
	}
	defer p.Finish()
	defer input.Close()
	p.Attend(context.Background())
	x.now.Store(p)
	defer x.now.Store(nil)
	x.Runner.Started()
	sig := syscall.Signal(0)
	select {
	case failed.Exit = <-p.Exited():
	case <-ctx.Done():
		sig, failed.Exit = syscall.SIGTERM, report.Exit{Signal: syscall.SIGTERM}
	}
	p.End(sig, x.Grace, x.Urgent, nil)
	if failed.Exit.Clean() {
		return nil
	}
	p.Streams.Flush()
	failed.Post = p.PostMortem(failed.Exit)
	return failed
}

// start starts a command. Its standard input, which is not the program's, has nothing to read; the
// caller closes what keeps the input open when nothing of the command is left.
func (x *Command) start(step report.Step) (p *Program, input *os.File, err error) {
	env, err := x.Runner.Env()
	if err != nil {
		return nil, nil, err
	}
	env = append(env, x.Env...)
	if step.Files != nil {
		env = append(env, "HOTSWAP_FILES="+strings.Join(step.Files, "\n"))
	}
	var in, out *os.File
	if x.Stays {
		in, out, err = os.Pipe()
	} else {
		in, err = os.Open(os.DevNull)
	}
	if err != nil {
		return nil, nil, err
	}
	defer in.Close()
	l := Launch{
		Spec: proc.Spec{Title: x.Title, Launch: handoff.Launch{Gen: report.GenID(x.ID),
			Argv: []string{"sh", "-c", step.Command}, Env: env, Writes: step.Writes}},
		Transports: x.Transports, Input: in, Line: x.Line,
		Hear: func(handoff.Event) {}, // without the sessions less is known
	}
	p, err = x.Runner.Start(l)
	if err != nil {
		out.Close()
		return nil, nil, err
	}
	return p, out, nil
}

// PID returns the process id of the command that runs; 0: none does.
func (x *Command) PID() int {
	if p := x.now.Load(); p != nil {
		return p.PID()
	}
	return 0
}
