package upgrade

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/cloudflare/tableflip"
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// lineName names the one descriptor that tableflip passes on. The gates go
// over it, and not by tableflip's own names: it would keep a duplicate of each
// for ever, in an order of its own.
const lineName = "hotswap"

// hand gives the gates to a child, which begins the generation of that
// number, and waits for its fate. It returns the child if that took over.
func (r *Upgrade) hand(number handoff.GenID, m Target) (*proc.Handle, error) {
	ours, theirs, err := linePair()
	if err != nil {
		return nil, err
	}
	defer ours.Close()
	err = r.upg.AddFile(lineName, theirs) // a duplicate, in place of the last one
	_ = theirs.Close()
	if err != nil {
		return nil, err
	}
	heard := make(chan child, 1)
	go func() { heard <- r.handOver(number, ours, m.Registry) }()
	_ = os.Setenv(childEnv, "1")
	err = r.upgrade()
	_ = os.Unsetenv(childEnv)
	_ = ours.SetDeadline(time.Unix(1, 0)) // it says nothing more, or is gone
	h := <-heard
	if err == nil && h.err == nil {
		m.Registry.CommitTransfer()
		return h.process, nil
	}
	switch reason := lastWords(ours); {
	case reason != "":
		err = errors.New(reason)
	case err == nil:
		err = fmt.Errorf("what was started is not this program: %w", h.err)
	}
	// Its gates stand behind ours until nobody has them: the last to go are
	// programs whose keepers fell to us when it died.
	if h.process != nil {
		h.process.Wait() // its children are ours then
		h.process.Close()
	}
	proc.EndStrays()
	if back := m.Registry.AbortTransfer(); back != nil {
		err = errors.Join(err, back)
	}
	m.Supervisor.Released()
	return nil, err
}

// linePair is a line between two processes. Ours is for the poller; theirs is
// as it comes.
func linePair() (ours *net.UnixConn, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	theirs = os.NewFile(uintptr(fds[1]), "line")
	if ours, err = lineOf(os.NewFile(uintptr(fds[0]), "line")); err != nil {
		_ = theirs.Close()
		return nil, nil, err
	}
	return ours, theirs, nil
}

// lineOf takes f over.
func lineOf(f *os.File) (*net.UnixConn, error) {
	defer f.Close()
	conn, err := net.FileConn(f) // a duplicate
	if err != nil {
		return nil, err
	}
	line, ok := conn.(*net.UnixConn)
	if !ok {
		_ = conn.Close()
		return nil, errors.New("not a unix socket")
	}
	return line, nil
}

// child is the child, as far as it has said.
type child struct {
	process *proc.Handle // nil: it has not said
	err     error
}

// handOver waits for the child's hello and leaves it the state.
func (r *Upgrade) handOver(number handoff.GenID, line *net.UnixConn, registry *reuseport.Registry) child {
	b, _, err := receive(line)
	if err != nil {
		return child{err: err}
	}
	hi, err := readHello(b)
	if err != nil {
		// It hears which protocol we speak, and that there is nothing.
		_, _ = line.Write(packet(stateMessage{Protocol: protocol}))
		return child{err: err}
	}
	var h child
	if h.process, err = proc.OpenChild(hi.PID); err != nil {
		return child{err: fmt.Errorf("process %d of the new hotswap: %w", hi.PID, err)}
	}
	e := r.leaves(number, time.Now())
	e.Terminal = r.tty.AsFound()
	if e.Gates, h.err = registry.BeginTransfer(); h.err != nil {
		return h
	}
	e.Activation = r.Activation
	fds := e.descriptors()
	for i, p := range e.packets() {
		var rights []byte
		if i > 0 {
			rights = unix.UnixRights(fds[i-1])
		}
		if _, _, h.err = line.WriteMsgUnix(p, rights, nil); h.err != nil {
			return h
		}
	}
	r.say.UpgradeBoots(hi.PID)
	return h
}

// lastWords is what the child said when it gave up, or "". Its end of the
// line stays open in tableflip's books, so there is no end of file to wait for;
// and it has spoken before it ended.
func lastWords(line *net.UnixConn) string {
	raw, err := line.SyscallConn()
	if err != nil {
		return ""
	}
	words := ""
	_ = raw.Control(func(fd uintptr) {
		b := make([]byte, maxPacket)
		if n, _, err := unix.Recvfrom(int(fd), b, unix.MSG_DONTWAIT); err == nil {
			words = readFailure(b[:n])
		}
	})
	return words
}

// inherit is the child's side: it takes over what the parent leaves.
func inherit(upg *tableflip.Upgrader) (state, *net.UnixConn, error) {
	f, err := upg.File(lineName)
	if err != nil {
		return state{}, nil, err
	}
	if f == nil {
		return state{}, nil, errors.New("the parent left no line")
	}
	line, err := lineOf(f)
	if err != nil {
		return state{}, nil, err
	}
	if _, err := line.Write(packet(hello{Protocol: protocol, PID: os.Getpid()})); err != nil {
		return state{}, nil, err
	}
	b, _, err := receive(line)
	if err != nil {
		return state{}, nil, err
	}
	e, n, err := readState(b)
	for i := 0; i < n && err == nil; i++ {
		var fd int
		if b, fd, err = receive(line); err != nil {
			break
		}
		var g reuseport.GateTransfer
		if g, err = readGate(b, fd); err == nil && fd < 0 {
			err = errors.New("a gate came without its descriptor")
		}
		e.Gates = append(e.Gates, g)
	}
	for i := range e.Activation {
		s := &e.Activation[i]
		if err != nil || s.Alone() {
			continue
		}
		if _, s.FD, err = receive(line); err == nil && s.FD < 0 {
			err = errors.New("a socket came without its descriptor")
		}
	}
	return e, line, err
}

// maxPacket is the longest packet that is read.
const maxPacket = 64 << 10

// receive reads one packet, and the descriptor beside it or -1.
func receive(line *net.UnixConn) (b []byte, fd int, err error) {
	b, oob := make([]byte, maxPacket), make([]byte, unix.CmsgSpace(4))
	n, oobn, _, _, err := line.ReadMsgUnix(b, oob) // net sets MSG_CMSG_CLOEXEC
	if err != nil {
		return nil, -1, err
	}
	if n == 0 {
		return nil, -1, unix.ECONNRESET // end of file of a SEQPACKET
	}
	fd = -1
	msgs, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return nil, -1, err
	}
	for i := range msgs {
		if fds, err := unix.ParseUnixRights(&msgs[i]); err == nil && len(fds) == 1 {
			fd = fds[0]
		}
	}
	return b[:n], fd, nil
}
