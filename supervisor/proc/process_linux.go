package proc

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// Process is a running generation as seen from its supervisor. Its methods may
// be called from any goroutine.
type Process struct {
	keeper  int         // process id; reaped by watch
	ended   atomic.Bool // the keeper is about to be reaped, or has been
	program Identity    // its process id is its group's too; constant after Start
	control *net.UnixConn

	listener  int // of the seccomp filter, or -1; the taker's
	filterErr error

	exited chan Exit
	gone   chan struct{}
}

// Supported says whether a keeper can run here.
const Supported = true

// startTries is how often a start is begun whose keeper was struck.
const startTries = 20

// errStruck: a signal to our process group, Ctrl-C for one, has ended the keeper
// before it could leave the group. The signal is ours to handle, as any other.
var errStruck = errors.New("the keeper was ended by a signal to the process group")

// Start runs the program under a keeper and returns when it has been executed.
// A [*StartError] says that it could not be: no such command, no permission.
func Start(spec Spec) (*Process, error) {
	p, err := startOnce(spec)
	for tries := 1; errors.Is(err, errStruck) && tries < startTries; tries++ {
		p, err = startOnce(spec)
	}
	if err != nil {
		return nil, &StartError{Argv: spec.Argv, Err: err}
	}
	go p.watch()
	return p, nil
}

func startOnce(spec Spec) (*Process, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socketpair: %w", err)
	}
	control, err := packetConn(pair[0])
	if err != nil {
		_ = unix.Close(pair[1])
		return nil, err
	}
	keeper, err := forkKeeper(spec, pair[1])
	_ = unix.Close(pair[1]) // else there would be no end of file at the keeper's end
	if err != nil {
		_ = control.Close()
		return nil, fmt.Errorf("keeper: %w", err)
	}
	p := &Process{keeper: keeper, control: control, listener: -1, exited: make(chan Exit, 1), gone: make(chan struct{})}
	if err := p.await(); err != nil {
		if p.listener >= 0 { // the filter was there, the program was not
			_ = unix.Close(p.listener)
		}
		if end := p.reapKeeper(); end.Signaled() && slices.Contains(groupSignals, end.Signal()) {
			err = errStruck
		}
		return nil, err
	}
	return p, nil
}

// forkKeeper starts a keeper, which finds control at controlFD.
func forkKeeper(spec Spec, control int) (pid int, err error) {
	a := assignment{ListenPID: spec.ListenPID, Filter: spec.Filter, Terminal: spec.Terminal, Outlets: len(spec.Outlets), Ahead: spec.Ahead}
	files := []uintptr{uintptr(spec.Stdio[0]), uintptr(spec.Stdio[1]), uintptr(spec.Stdio[2]), uintptr(control)}
	for _, f := range spec.Files {
		a.Files = append(a.Files, f.At)
		files = append(files, uintptr(f.FD))
	}
	for _, o := range spec.Outlets {
		files = append(files, uintptr(o.From), uintptr(o.To))
	}
	blocked, release := blockStops()
	defer release()
	a.Blocked = blocked
	text, err := json.Marshal(a)
	if err != nil {
		return 0, err
	}
	// Not os.StartProcess: its Files are *os.File, whose Fd() may switch the
	// open file description, and so everybody's listening socket, to blocking.
	env := slices.DeleteFunc(lastOfEach(spec.Env), func(kv string) bool { return strings.HasPrefix(kv, keeperEnv+"=") })
	env = append(env, keeperEnv+"="+string(text))
	return keepers.fork(append([]string{titlePrefix + spec.Title}, spec.Argv...), &syscall.ProcAttr{
		Dir: spec.Dir, Env: env, Files: files,
		Sys: &syscall.SysProcAttr{Setpgid: true}, // a Ctrl-C at the terminal is hotswap's to handle
	})
}

func packetConn(fd int) (*net.UnixConn, error) {
	_ = unix.SetNonblock(fd, true)
	f := os.NewFile(uintptr(fd), "keeper control")
	defer f.Close() // FileConn duplicates
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return conn.(*net.UnixConn), nil
}

// await reads until the program has started or failed to.
func (p *Process) await() error {
	for {
		t, err := p.receive()
		switch {
		case err != nil:
			return fmt.Errorf("the keeper ended before the program began: %w", err)
		case t.Filter != nil && t.Filter.Error != "":
			p.filterErr = remote(t.Filter.Error, t.Filter.Errno)
		case t.Failed != nil:
			return remote(t.Failed.Error, t.Failed.Errno)
		case t.Started != nil:
			p.program = *t.Started
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
		if t.Exited != nil && !exited {
			exited = true
			p.exited <- *t.Exited
		}
		if t.Gone && !gone {
			gone = true
			close(p.gone) // the keeper's own end is of no interest
		}
	}
	p.reapKeeper()
	if gone {
		return
	}
	// The keeper was killed. What it kept is our child now if we are a
	// subreaper, and is ended like the rest of a broken generation.
	p.adopt()
	if !exited {
		p.exited <- Exit{Signal: syscall.SIGKILL}
	}
	close(p.gone)
}

// adopt ends what a killed keeper left behind: the program with what hangs below
// it, deepest first, unless its number is another's by now; and whatever fell to us.
func (p *Process) adopt() {
	program := p.program.PID
	for _, pid := range slices.Backward(Descendants(program)) {
		h, err := open(pid, func() bool { return below(pid, program) && p.program.Alive() })
		if err == nil {
			_ = h.Signal(unix.SIGKILL)
			h.Close()
		}
	}
	_ = p.program.Signal(unix.SIGKILL)
	keepers.killStrays()
}

func (p *Process) reapKeeper() unix.WaitStatus {
	_ = p.control.Close()
	return keepers.reap(p.keeper, &p.ended)
}

// receive reads one packet, and with it the filter's listener.
func (p *Process) receive() (report, error) {
	var t report
	b, oob := make([]byte, 4096), make([]byte, unix.CmsgSpace(4))
	var n, oobn int
	err := pastReset(func() (err error) {
		n, oobn, _, _, err = p.control.ReadMsgUnix(b, oob)
		return err
	})
	if err != nil {
		return t, err
	}
	if n == 0 {
		return t, syscall.ECONNRESET // end of file of a SEQPACKET
	}
	if err := json.Unmarshal(b[:n], &t); err != nil {
		return t, err
	}
	if oobn > 0 {
		p.take(oob[:oobn])
	}
	return t, nil
}

func (p *Process) take(oob []byte) {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return
	}
	for i := range msgs {
		fds, err := unix.ParseUnixRights(&msgs[i])
		if err != nil {
			continue
		}
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			p.listener = fd
		}
	}
}

// PID is the program's process id, which is its process group's too.
func (p *Process) PID() int { return p.program.PID }

// Listener is the notification descriptor of the seccomp filter, from now on
// the caller's; or the reason why there is none.
func (p *Process) Listener() (int, error) {
	fd := p.listener
	p.listener = -1
	if fd < 0 && p.filterErr == nil {
		return -1, errors.New("no filter was asked for")
	}
	return fd, p.filterErr
}

// Tree lists the generation's processes.
func (p *Process) Tree() []int {
	tree := Descendants(p.keeper)
	if p.ended.Load() {
		return nil // the number may have been another's
	}
	return tree
}

// Members is Tree; an error means that processes may be missing.
func (p *Process) Members() ([]int, error) { return descendants(p.keeper) }

// Exited gives one value: how the program itself ended.
func (p *Process) Exited() <-chan Exit { return p.exited }

// Gone is closed when no process of the tree is left. Exited has its value by
// then.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// Signal sends sig to the program's process group and to each process below
// that has left it. That nobody is left is no error. EAGAIN: the keeper reads no orders.
func (p *Process) Signal(sig syscall.Signal) error { return p.order(order{Signal: sig}) }

// Kill ends the whole tree by SIGKILL. EAGAIN: the keeper reads no orders.
func (p *Process) Kill() error { return p.order(order{Kill: true}) }

// Release makes a program that was started ahead one as others are. EAGAIN: the keeper
// reads no orders.
func (p *Process) Release() error { return p.order(order{Release: true}) }

// order sends an order to the keeper, and never waits for it: the loop gives orders, and
// a keeper that is frozen (cgroups(7)) or traced reads none, for as long as that lasts.
// The socket holds some 270 orders. [syscall.EAGAIN]: it is full, and this order is
// dropped. A full socket holds the orders before it, and a kill is repeated.
func (p *Process) order(o order) error {
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	raw, err := p.control.SyscallConn()
	if err != nil {
		return err
	}
	var sent error
	err = raw.Write(func(fd uintptr) bool {
		sent = unix.Send(int(fd), b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		return true // also with EAGAIN: the poller would wait until the keeper reads
	})
	keepers.wake(p.keeper)
	if err = cmp.Or(err, sent); errors.Is(err, net.ErrClosed) || errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		return nil // gone
	}
	return err
}

// remote is an error of the keeper's, which travelled as text and number.
func remote(text string, errno syscall.Errno) error {
	if errno == 0 {
		return errors.New(text)
	}
	return &remoteError{text, errno}
}

type remoteError struct {
	text  string
	errno syscall.Errno
}

func (e *remoteError) Error() string { return e.text }
func (e *remoteError) Unwrap() error { return e.errno }
