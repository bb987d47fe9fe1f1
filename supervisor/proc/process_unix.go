//go:build unix && !linux

package proc

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
)

// Process is a running generation. Without Linux's subreaper there is no
// keeper: the tree is the program's process group, and what leaves the group
// is out of reach.
type Process struct {
	program int
	ended   atomic.Bool // the program has been waited for: its number may be another's soon
	exited  chan Exit
	gone    chan struct{}
}

// Main returns: there are no keepers here.
func Main() {}

// BecomeSubreaper does nothing here.
func BecomeSubreaper(string) {}

// ReapOrphans does nothing: none fall to us.
func ReapOrphans(context.Context) {}

// EndLeftovers does nothing: another process's environment is not to be had.
func EndLeftovers(Leftovers) Outcome { return Outcome{} }

// Keepers is empty: there are none here.
func Keepers() []Identity { return nil }

// EndStrays does nothing: what is left below a child is out of reach.
func EndStrays() {}

// Start runs the program in a process group of its own. Filter is refused;
// LISTEN_PID is not set.
func Start(spec Spec) (*Process, error) {
	fail := func(err error) (*Process, error) { return nil, &StartError{Argv: spec.Argv, Err: err} }
	if len(spec.Filter) > 0 || spec.ListenPID {
		return fail(errors.ErrUnsupported)
	}
	path, err := exec.LookPath(spec.Argv[0])
	if err != nil {
		return fail(err)
	}
	files := []uintptr{uintptr(spec.Stdio[0]), uintptr(spec.Stdio[1]), uintptr(spec.Stdio[2])}
	for _, f := range spec.Files {
		for len(files) <= f.At {
			files = append(files, ^uintptr(0))
		}
		files[f.At] = uintptr(f.FD)
	}
	pid, err := syscall.ForkExec(path, spec.Argv, &syscall.ProcAttr{
		Dir: spec.Dir, Env: spec.Env, Files: files, Sys: &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		return fail(err)
	}
	p := &Process{program: pid, exited: make(chan Exit, 1), gone: make(chan struct{})}
	go p.watch()
	return p, nil
}

func (p *Process) watch() {
	var ws syscall.WaitStatus
	for {
		if _, err := syscall.Wait4(p.program, &ws, 0, nil); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	exit := Exit{Code: ws.ExitStatus()}
	if ws.Signaled() {
		exit = Exit{Signal: ws.Signal(), Core: ws.CoreDump()}
	}
	p.ended.Store(true)
	_ = syscall.Kill(-p.program, syscall.SIGKILL) // what is left of the group has lost its leader
	p.exited <- exit
	close(p.gone)
}

// PID is the program's process id.
func (p *Process) PID() int { return p.program }

// Listener is refused: seccomp is Linux's.
func (p *Process) Listener() (int, error) { return -1, errors.ErrUnsupported }

// Tree is the program alone: nothing tells its descendants here.
func (p *Process) Tree() []int { return []int{p.program} }

// Exited gives one value: how the program ended.
func (p *Process) Exited() <-chan Exit { return p.exited }

// Gone is closed right after.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// Signal sends sig to the process group; that nobody is left is no error. Between the
// end of the wait for the program and its note lie microseconds, in which the number
// could be another's: not all of these systems can look at a dead child without
// taking it.
func (p *Process) Signal(sig syscall.Signal) error {
	if p.ended.Load() {
		return nil
	}
	err := syscall.Kill(-p.program, sig)
	if errors.Is(err, syscall.ESRCH) || errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Release does nothing: a program that was started ahead is one as others are.
func (p *Process) Release() error { return nil }

// Kill ends the process group by SIGKILL.
func (p *Process) Kill() error { return p.Signal(syscall.SIGKILL) }
