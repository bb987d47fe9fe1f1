package upgrade

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/cloudflare/tableflip"
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// socketName names the only descriptor that tableflip passes on: the socket over which the
// gates go. Gates passed by tableflip's own names would lose their order, and tableflip
// would keep a duplicate of each for ever.
const socketName = "hotswap"

// transfer starts a child that begins generation number and gives the child every gate.
// It returns the child once the child has taken over.
func (u *Upgrade) transfer(number handoff.GenID) (*proc.Handle, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer ours.Close()
	err = u.flip.AddFile(socketName, theirs) // duplicates theirs, and replaces that of the last upgrade
	_ = theirs.Close()
	if err != nil {
		return nil, err
	}
	type result struct {
		child *proc.Handle
		err   error
	}
	sent := make(chan result, 1)
	go func() {
		child, err := u.send(number, ours)
		sent <- result{child, err}
	}()
	_ = os.Setenv(childEnv, "1")
	err = u.startChild()
	_ = os.Unsetenv(childEnv)
	_ = ours.SetDeadline(time.Unix(1, 0)) // the child has sent everything, or is gone
	r := <-sent
	if err == nil && r.err == nil {
		u.Registry.CommitTransfer()
		if err := u.Places.HandOver(); err != nil {
			u.cfg.Reporter.StateLost(err)
		}
		return r.child, nil
	}
	switch reason := readFailure(ours); {
	case reason != "":
		err = errors.New(reason)
	case err == nil:
		err = fmt.Errorf("what was started is not this program: %w", r.err)
	}
	// The child's gates stay behind ours in the kernel's groups until the last process that
	// has them ends: programs whose keepers became children of this process.
	if r.child != nil {
		r.child.Wait()
		r.child.Close()
	}
	proc.EndStrays()
	u.Places.Unlend()
	err = errors.Join(err, u.Registry.AbortTransfer())
	u.Supervisor.Released()
	return nil, err
}

// socketPair returns a connected pair: ours is in the poller, theirs is not.
func socketPair() (ours *net.UnixConn, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	theirs = os.NewFile(uintptr(fds[1]), socketName)
	if ours, err = unixConn(os.NewFile(uintptr(fds[0]), socketName)); err != nil {
		_ = theirs.Close()
		return nil, nil, err
	}
	return ours, theirs, nil
}

// unixConn duplicates f and closes f.
func unixConn(f *os.File) (*net.UnixConn, error) {
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	conn, ok := c.(*net.UnixConn)
	if !ok {
		_ = c.Close()
		return nil, errors.New("not a unix socket")
	}
	return conn, nil
}

// send waits for the child's hello and sends the state. The child is nil if it has not
// introduced itself.
func (u *Upgrade) send(number handoff.GenID, to *net.UnixConn) (child *proc.Handle, err error) {
	b, _, err := receive(to)
	if err != nil {
		return nil, err
	}
	hi, err := readHello(b)
	if err != nil {
		// The child learns which protocol this process speaks.
		_, _ = to.Write(packet(stateMessage{Protocol: protocol}))
		return nil, err
	}
	if child, err = proc.OpenChild(hi.PID); err != nil {
		return nil, fmt.Errorf("process %d of the new hotswap: %w", hi.PID, err)
	}
	s := u.stateFor(number, u.Supervisor.Current(), time.Now())
	if s.Gates, err = u.Registry.BeginTransfer(); err != nil {
		return child, err
	}
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return child, fmt.Errorf("socketpair: %w", err)
	}
	s.Places = ends[1]
	defer unix.Close(ends[1])
	if err := u.Places.Lend(ends[0]); err != nil {
		return child, err
	}
	fds := s.descriptors()
	for i, p := range s.packets() {
		var rights []byte
		if i > 0 && i <= len(fds) {
			rights = unix.UnixRights(fds[i-1])
		}
		if _, _, err := to.WriteMsgUnix(p, rights, nil); err != nil {
			return child, err
		}
	}
	u.cfg.Reporter.UpgradeBoots(hi.PID)
	return child, nil
}

// readFailure returns why the child gave up, or "" if the child did not say. It does not
// wait for the end of the stream, because tableflip keeps the child's end open; a child
// writes its failure before it ends.
func readFailure(from *net.UnixConn) string {
	raw, err := from.SyscallConn()
	if err != nil {
		return ""
	}
	var f failure
	_ = raw.Control(func(fd uintptr) {
		b := make([]byte, maxPacket)
		if n, _, err := unix.Recvfrom(int(fd), b, unix.MSG_DONTWAIT); err == nil {
			_ = json.Unmarshal(b[:n], &f)
		}
	})
	return f.Why
}

// inherit reads in the child what the parent leaves.
func inherit(flip *tableflip.Upgrader) (s State, parent *net.UnixConn, err error) {
	f, err := flip.File(socketName)
	if err != nil {
		return s, nil, err
	}
	if f == nil {
		return s, nil, errors.New("the parent left no socket")
	}
	if parent, err = unixConn(f); err != nil {
		return s, nil, err
	}
	if _, err := parent.Write(packet(hello{Protocol: protocol, PID: os.Getpid()})); err != nil {
		return s, nil, err
	}
	b, _, err := receive(parent)
	if err != nil {
		return s, nil, err
	}
	s, gates, left, err := readState(b)
	if err != nil {
		return s, nil, err
	}
	for range gates {
		b, fd, err := receiveFD(parent)
		if err != nil {
			return s, nil, fmt.Errorf("gate: %w", err)
		}
		g, err := readGate(b, fd)
		if err != nil {
			return s, nil, err
		}
		s.Gates = append(s.Gates, g)
	}
	for i := range s.Activation {
		if a := &s.Activation[i]; !a.Alone() {
			if _, a.FD, err = receiveFD(parent); err != nil {
				return s, nil, fmt.Errorf("socket: %w", err)
			}
		}
	}
	if s.Places != 0 {
		if _, s.Places, err = receiveFD(parent); err != nil {
			return s, nil, fmt.Errorf("state: %w", err)
		}
	}
	if left {
		if b, _, err = receive(parent); err == nil {
			err = s.readLeftover(b)
		}
		if err != nil {
			return s, nil, err
		}
	}
	return s, parent, nil
}

// receive reads one packet and its descriptor, or -1.
func receive(from *net.UnixConn) (b []byte, fd int, err error) {
	b, oob := make([]byte, maxPacket), make([]byte, unix.CmsgSpace(4))
	n, oobn, _, _, err := from.ReadMsgUnix(b, oob) // net sets MSG_CMSG_CLOEXEC
	if err != nil {
		return nil, -1, err
	}
	if n == 0 {
		return nil, -1, unix.ECONNRESET // end of file of a SEQPACKET
	}
	if fds := rights.Parse(oob[:oobn]); len(fds) == 1 {
		return b[:n], fds[0], nil
	}
	return b[:n], -1, nil
}

// receiveFD reads one packet that must carry a descriptor.
func receiveFD(from *net.UnixConn) (b []byte, fd int, err error) {
	if b, fd, err = receive(from); err == nil && fd < 0 {
		err = errors.New("the packet carries no descriptor")
	}
	return b, fd, err
}
