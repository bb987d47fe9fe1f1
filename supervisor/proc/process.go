package proc

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/rights"
)

// Process is a running generation. Its methods may be called from any goroutine.
type Process struct {
	keeper  int         // process ID; reaped by watch
	ended   atomic.Bool // set before the keeper is reaped
	program Identity    // also the leader of its process group; constant after Start
	control *net.UnixConn

	said      rights.Reader // what the keeper sends
	messages  *json.Decoder
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
	control, theirs, err := rights.Pair(unix.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	keeper, err := forkKeeper(spec, int(theirs.Fd()))
	theirs.Close() // so that the keeper reads end of file
	if err != nil {
		control.Close()
		return nil, fmt.Errorf("keeper: %w", err)
	}
	p := newProcess(keeper, control)
	if err := p.await(); err != nil {
		if p.listener >= 0 { // the filter was installed, the program not started
			unix.Close(p.listener)
		}
		p.reapKeeper()
		return nil, err
	}
	return p, nil
}

func newProcess(keeper int, control *net.UnixConn) *Process {
	p := &Process{keeper: keeper, control: control, listener: -1, exited: make(chan Exit, 1), gone: make(chan struct{})}
	p.said.Conn = control
	p.messages = json.NewDecoder(&p.said)
	return p
}

func forkKeeper(spec Spec, control int) (int, error) {
	var files []uintptr
	for _, fd := range append(spec.Stdio[:], control) {
		files = append(files, uintptr(fd))
	}
	for _, f := range spec.Files {
		files = append(files, uintptr(f.FD))
	}
	text, _ := json.Marshal(spec) // never fails
	// Not os.StartProcess: its Files are *os.File, whose Fd() may make the open file
	// description blocking, and so a listening socket that others use.
	// Environ keeps the last value of each variable.
	env := (&exec.Cmd{Env: append(slices.Clip(spec.Env), keeperEnv+"="+string(text))}).Environ()
	return keepers.fork(append([]string{Title(spec.Title, spec.Dir)}, spec.Argv...), &syscall.ProcAttr{
		Dir: spec.Dir, Env: env, Files: files,
		Sys: &syscall.SysProcAttr{Setpgid: true}, // hotswap handles Ctrl-C
	})
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
	exited, gone := false, false
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
			gone = true
			close(p.gone) // the end of the keeper follows
		}
	}
	p.reapKeeper()
	if gone {
		return
	}
	// The keeper was killed. If we are a subreaper, its processes are ours now.
	p.program.killTree()
	p.relatives.kill()
	KillStrays()
	if !exited {
		p.exited <- Exit{Signal: syscall.SIGKILL}
	}
	close(p.gone)
}

// reapKeeper waits for the keeper. It sets ended before the ID can be reused.
func (p *Process) reapKeeper() {
	p.control.Close()
	awaitChild(p.keeper)
	keepers.mu.Lock()
	defer keepers.mu.Unlock()
	p.ended.Store(true)
	_, _ = unix.Wait4(p.keeper, nil, 0, nil) // not wait4(-1), which would take children that others wait for
	delete(keepers.pids, p.keeper)
}

// receive reads one message, which may come with the filter's listener.
func (p *Process) receive() (t message, err error) {
	err = p.messages.Decode(&t)
	if t.Filter != nil && len(p.said.FDs) > 0 {
		p.listener = p.said.FDs[0]
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
	if p.ended.Load() {
		return nil // the ID may have been reused
	}
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
func (p *Process) Members() ([]int, error) { return p.relatives.below(p.keeper) }

// Exited receives one value when the program has ended.
func (p *Process) Exited() <-chan Exit { return p.exited }

// Gone is closed when no process of the tree is left, after Exited has its value.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// Kill sends SIGKILL to the whole tree. Errors are those of Signal.
func (p *Process) Kill() error { return p.Signal(orderKill) }

// Signal sends sig to each process of the tree: it sends an order to the keeper without waiting, because the loop calls
// it and a frozen (cgroups(7)) or traced keeper reads nothing. The socket holds about 270 orders. With [syscall.EAGAIN]
// it is full and the order is dropped; kills are repeated. It returns nil if the keeper has ended.
func (p *Process) Signal(sig syscall.Signal) error {
	raw, _ := p.control.SyscallConn() // fails without a socket only
	var sent error
	err := raw.Write(func(fd uintptr) bool {
		_, sent = unix.Write(int(fd), []byte{byte(sig)}) // the socket does not block
		// even after EAGAIN: else the poller waits until the keeper reads
		return true
	})
	keepers.wake(p.keeper)
	err = cmp.Or(err, sent)
	if errors.Is(err, net.ErrClosed) || errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		return nil // gone
	}
	return err
}

// Spec describes a program to run. Its descriptors stay the caller's. The keeper gets as JSON what its arguments,
// environment and descriptors do not tell.
type Spec struct {
	handoff.Launch        // with the whole environment
	Stdio          [3]int `json:"-"` // descriptors of standard input, output and error
	Title          string `json:"-"` // of the keeper in a process list, as in "generation 7"
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
