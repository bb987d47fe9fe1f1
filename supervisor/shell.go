package supervisor

import (
	"cmp"
	"context"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// shell runs commands beside the generations: those of a build, or one of [Config.Beside]. Like a
// generation, each runs below a keeper of its own; but sockets of a command are not looked at, and what
// it leaves behind is killed. Any goroutine may call its methods.
type shell struct {
	s         *Supervisor
	id        int               // of the build; 0: there is none
	title     string            // of the keepers
	transport handoff.Transport // nil: there is none
	grace     time.Duration     // from SIGTERM to SIGKILL
	urgent    chan struct{}     // closed by the loop: commands are to end at once
	stays     bool              // the end of standard input does not come: some compilers end with it

	running sync.Mutex // guards procs
	procs   []Process  // of the commands that run
}

// input returns a standard input, and what keeps it open.
func (x *shell) input() (in, out *os.File, err error) {
	if x.stays {
		return os.Pipe()
	}
	in, err = os.Open(os.DevNull)
	return in, nil, err
}

// command runs one command, and returns when nothing of it is left; nil if it has succeeded.
func (x *shell) command(ctx context.Context, step report.Step) *report.BuildFailure {
	failed := report.BuildFailure{Command: step.Command, Name: step.Name, Step: step}
	streams, err := x.s.cfg.Console.Open(0, false, func(string) {})
	if err != nil {
		failed.Err = err
		return &failed
	}
	defer func() {
		if !streams.Close() {
			x.s.tell(report.NoticeOutputLost{})
		}
	}()
	p, end, err := x.start(step, streams)
	if err != nil {
		failed.Err = err
		return &failed
	}
	defer end()
	streams.Started()
	x.noteProcess(p, true)
	defer x.noteProcess(p, false)
	x.s.sync() // the status tells its process id
	select {
	case exit := <-p.Exited():
		failed.Exit = exit
	case <-ctx.Done():
		_ = p.Signal(syscall.SIGTERM) // an error means that it is gone
		waitGone(p, x.grace, x.urgent, nil)
		failed.Exit = report.Exit{Signal: syscall.SIGTERM}
	}
	killAll(p)
	if failed.Exit.Clean() {
		return nil
	}
	streams.Flush()
	last := streams.Last()
	failed.Post = report.PostMortem{Reason: reason(failed.Exit, false, last), Quote: quote(failed.Exit, last), Last: last}
	return &failed
}

// noteProcess notes whether a command runs.
func (x *shell) noteProcess(p Process, runs bool) {
	x.running.Lock()
	defer x.running.Unlock()
	if runs {
		x.procs = append(x.procs, p)
	} else {
		x.procs = slices.DeleteFunc(x.procs, func(other Process) bool { return other == p })
	}
}

// start starts a command. Its standard input, which is not the program's, has nothing to read. The caller
// calls end when nothing of the command is left.
func (x *shell) start(step report.Step, streams Streams) (p Process, end func(), err error) {
	in, out, err := x.input()
	if err != nil {
		return nil, nil, err
	}
	defer in.Close()
	defer func() {
		if err != nil {
			_ = out.Close()
		}
	}()
	from, err := x.s.environ()
	if err != nil {
		return nil, nil, err
	}
	launch := &handoff.Launch{Gen: GenID(x.id), Argv: []string{"sh", "-c", step.Command}, Writes: step.Writes, Env: x.s.env(from)}
	var session handoff.Session
	if x.transport != nil {
		if session, err = x.transport.Prepare(launch); err != nil {
			return nil, nil, err
		}
	}
	spec := x.s.spec(launch, streams, x.title)
	spec.Stdio[0] = int(in.Fd())
	spec.Dir = cmp.Or(step.Dir, spec.Dir)
	if p, err = x.s.cfg.Runner.Start(spec); err != nil {
		closeSession(session)
		return nil, nil, err
	}
	if session == nil {
		return p, func() { _ = out.Close() }, nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		_ = session.Run(ctx, handoff.Running{Listener: p.Listener, Tree: p.Tree}, func(handoff.Event) {}) // without it less is known
	})
	return p, func() { cancel(); running.Wait(); _ = out.Close() }, nil
}

// pid returns the process id of the command that has run longest; 0: none does.
func (x *shell) pid() int {
	x.running.Lock()
	defer x.running.Unlock()
	if len(x.procs) == 0 {
		return 0
	}
	return x.procs[0].PID()
}

// tree returns the processes of the commands that run.
func (x *shell) tree() (pids []int) {
	x.running.Lock()
	defer x.running.Unlock()
	for _, p := range x.procs {
		pids = append(pids, p.Tree()...)
	}
	return pids
}

// pass sends a signal that does not concern the machine.
func (x *shell) pass(sig syscall.Signal) {
	x.running.Lock()
	defer x.running.Unlock()
	for _, p := range x.procs {
		_ = p.Signal(sig) // an error means that it is gone
	}
}
