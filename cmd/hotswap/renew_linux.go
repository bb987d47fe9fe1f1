package main

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

// renewLine names the one descriptor that tableflip passes on. The gates go
// over it, and not by tableflip's own names: it would keep a duplicate of each
// for ever, in an order of its own.
const renewLine = "hotswap"

// hand gives the gates to a younger hotswap, which begins the generation of that
// number, and waits for its fate. It returns the younger one if that took over.
func (r *renewal) hand(number handoff.GenID, m upgradeTarget) (*proc.Handle, error) {
	ours, theirs, err := linePair()
	if err != nil {
		return nil, err
	}
	defer ours.Close()
	err = r.upg.AddFile(renewLine, theirs) // a duplicate, in place of the last one
	_ = theirs.Close()
	if err != nil {
		return nil, err
	}
	heard := make(chan heir, 1)
	go func() { heard <- r.bequeath(number, ours, m.Registry) }()
	_ = os.Setenv(renewEnv, "1")
	err = r.upgrade()
	_ = os.Unsetenv(renewEnv)
	_ = ours.SetDeadline(time.Unix(1, 0)) // it says nothing more, or is gone
	h := <-heard
	if err == nil && h.err == nil {
		m.Registry.Surrender()
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
	if back := m.Registry.Recall(); back != nil {
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

// heir is the younger hotswap, as far as it has said.
type heir struct {
	process *proc.Handle // nil: it has not said
	err     error
}

// bequeath waits for the younger's hello and leaves it the estate.
func (r *renewal) bequeath(number handoff.GenID, line *net.UnixConn, registry *reuseport.Registry) heir {
	b, _, err := receive(line)
	if err != nil {
		return heir{err: err}
	}
	hi, err := readHello(b)
	if err != nil {
		// It hears which protocol we speak, and that there is nothing.
		_, _ = line.Write(packet(legacy{Protocol: protocol}))
		return heir{err: err}
	}
	var h heir
	if h.process, err = proc.OpenChild(hi.PID); err != nil {
		return heir{err: fmt.Errorf("process %d of the new hotswap: %w", hi.PID, err)}
	}
	e := r.leaves(number, time.Now())
	e.terminal = r.tty.asFound()
	if e.gates, h.err = registry.Bequeath(); h.err != nil {
		return h
	}
	e.activation = r.activation
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

// lastWords is what the younger said when it gave up, or "". Its end of the
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
			words = readFarewell(b[:n])
		}
	})
	return words
}

// inherit is the younger's side: it takes over what the elder leaves.
func inherit(upg *tableflip.Upgrader) (estate, *net.UnixConn, error) {
	f, err := upg.File(renewLine)
	if err != nil {
		return estate{}, nil, err
	}
	if f == nil {
		return estate{}, nil, errors.New("the elder hotswap left no line")
	}
	line, err := lineOf(f)
	if err != nil {
		return estate{}, nil, err
	}
	if _, err := line.Write(packet(hello{Protocol: protocol, PID: os.Getpid()})); err != nil {
		return estate{}, nil, err
	}
	b, _, err := receive(line)
	if err != nil {
		return estate{}, nil, err
	}
	e, n, err := readLegacy(b)
	for i := 0; i < n && err == nil; i++ {
		var fd int
		if b, fd, err = receive(line); err != nil {
			break
		}
		var g reuseport.Bequest
		if g, err = readGate(b, fd); err == nil && fd < 0 {
			err = errors.New("a gate came without its descriptor")
		}
		e.gates = append(e.gates, g)
	}
	for i := range e.activation {
		s := &e.activation[i]
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
