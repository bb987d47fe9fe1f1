// Package rights passes descriptors from process to process, over unix sockets (SCM_RIGHTS,
// unix(7)).
package rights

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// Parse returns the descriptors in a message's control data. The caller owns them.
func Parse(oob []byte) (fds []int) {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for i := range messages {
		if more, err := unix.ParseUnixRights(&messages[i]); err == nil {
			fds = append(fds, more...)
		}
	}
	return fds
}

// Pair returns a pair of connected sockets on which packets stay apart (SOCK_SEQPACKET).
func Pair() (ours *net.UnixConn, theirs *os.File, err error) { return pair(unix.SOCK_SEQPACKET) }

// Stream returns a pair of connected sockets on which they do not, but which have room for many descriptors: of packets a
// queue holds net.unix.max_dgram_qlen.
func Stream() (ours *net.UnixConn, theirs *os.File, err error) { return pair(unix.SOCK_STREAM) }

func pair(kind int) (ours *net.UnixConn, theirs *os.File, err error) {
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
	if ours, err = Conn(os.NewFile(uintptr(fds[0]), "socketpair")); err != nil {
		_ = theirs.Close()
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
		_ = c.Close()
		return nil, errors.New("not a unix socket")
	}
	return conn, nil
}

// Send sends a packet, with a descriptor unless fd is negative.
func Send(to *net.UnixConn, b []byte, fd int) error {
	var oob []byte
	if fd >= 0 {
		oob = unix.UnixRights(fd)
	}
	_, _, err := to.WriteMsgUnix(b, oob, nil)
	return err
}

// Receive returns a packet of at most max bytes and its descriptor, which the caller owns, or -1.
func Receive(from *net.UnixConn, max int) (b []byte, fd int, err error) {
	b, oob := make([]byte, max), make([]byte, unix.CmsgSpace(4))
	n, oobn, _, _, err := from.ReadMsgUnix(b, oob) // net makes descriptors close-on-exec
	if err == nil && n == 0 {
		err = io.EOF
	}
	if err != nil {
		return nil, -1, err
	}
	fd = -1
	for _, got := range Parse(oob[:oobn]) {
		fd = got // there is room for one
	}
	return b[:n], fd, nil
}

// maxFiles is how many descriptors a message may have (SCM_MAX_FD, include/net/scm.h).
const maxFiles = 253

// SendFiles sends descriptors over a Stream. They stay the caller's.
func SendFiles(to *net.UnixConn, fds []int) error {
	for some := range slices.Chunk(fds, maxFiles) {
		if _, _, err := to.WriteMsgUnix([]byte{0}, unix.UnixRights(some...), nil); err != nil {
			return fmt.Errorf("send %d descriptors: %w", len(fds), err)
		}
	}
	return nil
}

// ReceiveFiles returns the next n descriptors of a Stream, or those that came before an error. The caller owns them.
func ReceiveFiles(from *net.UnixConn, n int) (fds []int, err error) {
	b, oob := make([]byte, 1), make([]byte, unix.CmsgSpace(4*maxFiles))
	for len(fds) < n {
		read, oobn, _, _, err := from.ReadMsgUnix(b, oob) // net makes descriptors close-on-exec
		if err == nil && read == 0 {
			err = io.EOF
		}
		if err != nil {
			return fds, fmt.Errorf("receive descriptors: %w", err)
		}
		fds = append(fds, Parse(oob[:oobn])...)
	}
	return fds, nil
}
