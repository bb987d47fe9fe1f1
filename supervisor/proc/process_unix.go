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

// Process is a running generation. There is no keeper without Linux's subreaper: the
// tree is the program's process group, and processes that leave the group are lost.
type Process struct {
	program int
	ended   atomic.Bool // the program has been waited for, so that its ID may be reused
	exited  chan Exit
	gone    chan struct{}
}

// Main returns, because there are no keepers here.
func Main() {}

// BecomeSubreaper does nothing here.
func BecomeSubreaper(string) {}

// ReapOrphans does nothing here.
func ReapOrphans(context.Context) {}

// EndLeftovers does nothing: environments of other processes are not readable.
func EndLeftovers(Leftovers) Outcome { return Outcome{} }

// Keepers returns nil here.
func Keepers() []Identity { return nil }

// EndStrays does nothing here.
func EndStrays() {}

// Start runs the program in a process group of its own. Filter and ListenPID are not
// supported.
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
	_ = syscall.Kill(-p.program, syscall.SIGKILL) // the rest of the group
	p.exited <- exit
	close(p.gone)
}

// PID returns the program's process ID.
func (p *Process) PID() int { return p.program }

// Listener is not supported: seccomp is Linux's.
func (p *Process) Listener() (int, error) { return -1, errors.ErrUnsupported }

// Tree returns the program alone: its descendants are not known here.
func (p *Process) Tree() []int { return []int{p.program} }

// Descendants returns none: they are not known here.
func Descendants(int) []int { return nil }

// Exited receives one value when the program has ended.
func (p *Process) Exited() <-chan Exit { return p.exited }

// Gone is closed right after Exited.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// Signal sends sig to the process group, if there is a process left. In the microseconds
// between the wait for the program and ended the ID could be reused: not all of these
// systems can wait without reaping.
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

// SignalServers sends sig to the process group, because who listens is not known here.
func (p *Process) SignalServers(sig syscall.Signal) error { return p.Signal(sig) }

// Rest does nothing here.
func (p *Process) Rest() error { return nil }

// Release does nothing here.
func (p *Process) Release() error { return nil }

// Kill sends SIGKILL to the process group.
func (p *Process) Kill() error { return p.Signal(syscall.SIGKILL) }

// DeadWorkers returns nothing: the processes are not known here.
func DeadWorkers([]int) ([]int, Exit) { return nil, Exit{} }

// HasShell reports false: the processes are not known here.
func HasShell([]int) bool { return false }
