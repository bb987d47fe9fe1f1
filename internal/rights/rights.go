// Package rights passes descriptors from process to process, over unix sockets (SCM_RIGHTS, unix(7)).
package rights

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// Pair returns a pair of connected sockets. With SOCK_SEQPACKET packets stay apart; with SOCK_STREAM there is room for
// more descriptors, because a queue of packets holds net.unix.max_dgram_qlen.
func Pair(kind int) (ours *net.UnixConn, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, kind, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	theirs = os.NewFile(uintptr(fds[1]), "socketpair")
	ours, err = Conn(os.NewFile(uintptr(fds[0]), "socketpair"))
	if err != nil {
		theirs.Close()
	}
	return ours, theirs, err
}

// Conn returns the connection that f is. It closes f.
func Conn(f *os.File) (*net.UnixConn, error) {
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	conn, ok := c.(*net.UnixConn)
	if !ok {
		c.Close()
		return nil, errors.New("not a unix socket")
	}
	return conn, nil
}

// FD returns the descriptor of c, and does not make its socket block, as File.Fd does.
func FD(c syscall.Conn) (fd int) {
	if raw, err := c.SyscallConn(); err == nil {
		_ = raw.Control(func(of uintptr) { fd = int(of) })
	}
	return fd
}

// maxFiles is how many descriptors a message may have (SCM_MAX_FD, include/net/scm.h).
const maxFiles = 253

// SendFiles sends descriptors over a stream, with a space each time, which JSON ignores. They stay the caller's.
func SendFiles(to *net.UnixConn, fds []int) error {
	for some := range slices.Chunk(fds, maxFiles) {
		if _, _, err := to.WriteMsgUnix([]byte(" "), unix.UnixRights(some...), nil); err != nil {
			return fmt.Errorf("send %d descriptors: %w", len(fds), err)
		}
	}
	return nil
}

// Reader reads a stream, or packets, and keeps the descriptors that come along, which the caller owns.
type Reader struct {
	Conn *net.UnixConn
	FDs  []int
	// the newest Read got fewer than were sent, because this process is at its limit (MSG_CTRUNC, recvmsg(2))
	Short bool
}

// Share returns how many things of one kind may have a descriptor at once, at most so many: hotswap needs most of its
// descriptors for other purposes.
func Share(most int) int {
	var have unix.Rlimit
	_ = unix.Getrlimit(unix.RLIMIT_NOFILE, &have)
	return int(max(16, min(uint64(have.Cur)/16, uint64(most))))
}

func (r *Reader) Read(p []byte) (int, error) {
	oob := make([]byte, unix.CmsgSpace(4*maxFiles))
	n, oobn, flags, _, err := r.Conn.ReadMsgUnix(p, oob) // net makes descriptors close-on-exec
	// comes first, and once, if the other side has ended and left data unread (unix(7))
	if errors.Is(err, unix.ECONNRESET) {
		n, oobn, flags, _, err = r.Conn.ReadMsgUnix(p, oob)
	}
	r.Short = flags&unix.MSG_CTRUNC != 0
	messages, _ := unix.ParseSocketControlMessage(oob[:oobn])
	for _, m := range messages {
		fds, _ := unix.ParseUnixRights(&m) // nil for a message of another kind
		r.FDs = append(r.FDs, fds...)
	}
	return n, err
}
