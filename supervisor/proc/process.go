package proc

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Process is a running generation. Its methods may be called from any goroutine.
type Process struct {
	keeper  *remote
	ended   atomic.Bool // set before the keeper is reaped, or gets another program
	program Identity    // also the leader of its process group; constant after Start

	relatives relatives
	seen      atomic.Pointer[[]int] // the newest Members without an error; nil: none yet

	listener  int // of the seccomp filter, or -1
	filterErr error

	exited chan Exit
	gone   chan struct{}
}

// Start runs the program under a keeper and returns when the program is executed. It
// returns a [*StartError] if that is not possible.
func Start(spec Spec) (*Process, error) {
	p, err := launch(spec)
	if err != nil {
		return nil, &StartError{Argv: spec.Argv, Err: err}
	}
	go p.watch()
	return p, nil
}

func launch(spec Spec) (*Process, error) {
	if spec.Dir == "" { // a keeper that has waited may be in another one
		dir, _ := os.Getwd()
		if _, err := os.Stat(dir); err == nil {
			spec.Dir = dir
		}
	}
	spec.Title = Title(spec.Title, spec.Dir)
	spec.Env = (&exec.Cmd{Env: append([]string{}, spec.Env...)}).Environ() // the last value of each variable
	r, err := keepers.startProgram(spec)
	if err != nil {
		return nil, err
	}
	p := newProcess(r)
	if err := p.await(); err != nil {
		if p.listener >= 0 { // the filter was installed, the program not started
			unix.Close(p.listener)
		}
		r.end()
		return nil, err
	}
	return p, nil
}

func newProcess(r *remote) *Process {
	return &Process{keeper: r, listener: -1, exited: make(chan Exit, 1), gone: make(chan struct{})}
}

// await waits until the program has started or failed to start.
func (p *Process) await() error {
	for {
		t, err := p.receive()
		switch {
		case err != nil:
			return fmt.Errorf("the keeper ended before the program began: %w", err)
		case t.Filter != nil && t.Filter.Text != "":
			p.filterErr = t.Filter
		case t.Failed != nil:
			return t.Failed
		case t.Started != nil:
			p.program = *t.Started
			p.relatives.add(p.program)
			return nil
		}
	}
}

// watch reports the end of the program and of its tree.
func (p *Process) watch() {
	exited := false
	for {
		t, err := p.receive()
		if err != nil {
			break
		}
		if t.Exited != nil {
			exited = true
			p.exited <- *t.Exited
		}
		if t.Gone {
			waits := keepers.release(p, true)
			close(p.gone)
			if !waits {
				p.keeper.end()
			}
			return
		}
	}
	keepers.release(p, false)
	p.keeper.end()
	// The keeper was killed. If we are a subreaper, its processes are ours now.
	p.program.killTree()
	p.relatives.kill()
	KillStrays()
	if !exited {
		p.exited <- Exit{Signal: syscall.SIGKILL}
	}
	close(p.gone)
}

// receive reads one message, which may come with the filter's listener.
func (p *Process) receive() (t message, err error) {
	err = p.keeper.messages.Decode(&t)
	if said := &p.keeper.said; t.Filter != nil && len(said.FDs) > 0 {
		p.listener, said.FDs = said.FDs[0], nil
	}
	return t, err
}

// PID returns the program's process ID, which is also its process group.
func (p *Process) PID() int { return p.program.PID }

// Listener returns the notification descriptor of the seccomp filter, which the caller
// then owns, or the reason why there is none.
func (p *Process) Listener() (int, error) {
	fd := p.listener
	p.listener = -1
	if fd < 0 && p.filterErr == nil {
		return -1, errors.New("no filter was asked for")
	}
	return fd, p.filterErr
}

// Tree returns the generation's processes. Where hotswap has no descriptor left to look, it returns the last ones as
// well: who finds none takes the generation for ended.
func (p *Process) Tree() []int {
	tree, err := p.Members()
	if err == nil {
		p.seen.Store(&tree)
	} else if last := p.seen.Load(); last != nil {
		tree = append(tree, slices.DeleteFunc(slices.Clone(*last), func(pid int) bool {
			return slices.Contains(tree, pid)
		})...)
	}
	return tree
}

// Members is Tree. An error means that processes may be missing.
func (p *Process) Members() ([]int, error) {
	tree, err := p.relatives.below(p.keeper.pid)
	if p.ended.Load() {
		return nil, nil // they may be another program's
	}
	return tree, err
}

// Exited receives one value when the program has ended.
func (p *Process) Exited() <-chan Exit { return p.exited }

// Gone is closed when no process of the tree is left, after Exited has its value.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// Kill sends SIGKILL to the whole tree. Errors are those of Signal.
func (p *Process) Kill() error { return p.Signal(orderKill) }

// Signal sends sig to each process of the tree: it sends an order to the keeper without waiting, because the loop calls
// it and a frozen (cgroups(7)) or traced keeper reads nothing. The socket holds about 270 orders. With [syscall.EAGAIN]
// it is full and the order is dropped; kills are repeated. It returns nil if nothing of the program is left.
func (p *Process) Signal(sig syscall.Signal) error {
	keepers.mu.Lock()
	defer keepers.mu.Unlock()
	if p.ended.Load() {
		return nil
	}
	raw, _ := p.keeper.control.SyscallConn() // fails without a socket only
	var sent error
	err := raw.Write(func(fd uintptr) bool {
		_, sent = unix.Write(int(fd), []byte{byte(sig)}) // the socket does not block
		// even after EAGAIN: else the poller waits until the keeper reads
		return true
	})
	// Orders, above all a kill, must not wait for a stopped keeper. It is not reaped, so that the ID is its own.
	_ = unix.Kill(p.keeper.pid, unix.SIGCONT)
	err = cmp.Or(err, sent)
	if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		return nil // gone
	}
	return err
}

// Spec describes a program to run. Its descriptors stay the caller's.
type Spec struct {
	handoff.Launch        // with the whole environment
	Stdio          [3]int // descriptors of standard input, output and error
	Title          string // of the keeper in a process list, as in "generation 7"
	Low            bool   // other programs come before the program and all below
}

// Exit describes the end of the program's first process.
type Exit = handoff.Exit

// StartError reports why a program did not start.
type StartError struct {
	Argv []string
	Err  error
}

func (e *StartError) Error() string { return fmt.Sprintf("start %s: %v", e.Argv[0], e.Err) }
func (e *StartError) Unwrap() error { return e.Err }
