package node

import (
	"errors"
	"io"
	"net"

	"golang.org/x/sys/unix"
)

// Descriptors that have come and belong to no line yet are no more than this.
const maxUnclaimed = 16

// reader reads from an adapter, and keeps the descriptors that come along.
//
// Which line does a descriptor belong to? The kernel returns bytes of one sendmsg
// with descriptors at the end of what a recvmsg returns (unix(7): ancillary data is
// a barrier), so they are there at the latest with the first byte of their line:
// the lines that come with one take them in their order.
type reader struct {
	conn *net.UnixConn
	fds  []int
}

var errRights = errors.New("more descriptors than lines to go with them")

func (r *reader) Read(p []byte) (int, error) {
	oob := make([]byte, unix.CmsgSpace(4*maxUnclaimed))
	n, oobn, _, _, err := r.conn.ReadMsgUnix(p, oob) // close-on-exec
	if messages, bad := unix.ParseSocketControlMessage(oob[:oobn]); bad == nil {
		for i := range messages {
			if fds, bad := unix.ParseUnixRights(&messages[i]); bad == nil {
				r.fds = append(r.fds, fds...)
			}
		}
	}
	switch {
	case err != nil:
		return 0, err
	case len(r.fds) > maxUnclaimed:
		return 0, errRights
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// claim is the descriptor of the next line that comes with one; nil: none came.
func (r *reader) claim() *socket {
	if len(r.fds) == 0 {
		return nil
	}
	fd := r.fds[0]
	r.fds = r.fds[1:]
	return &socket{fd}
}

// close closes what nobody has claimed.
func (r *reader) close() {
	for s := r.claim(); s != nil; s = r.claim() {
		s.close()
	}
}

// socket is a client's connection while hotswap has it. It is never made blocking,
// nor shut down but to end it: others have it too.
type socket struct{ fd int }

func (s *socket) close() { _ = unix.Close(s.fd) }

// dup is the same connection, to be closed by itself.
func (s *socket) dup() (*socket, error) {
	fd, err := unix.FcntlInt(uintptr(s.fd), unix.F_DUPFD_CLOEXEC, 0)
	return &socket{fd}, err
}

// pass writes a line with the socket.
func (s *socket) pass(conn *net.UnixConn, line []byte) error {
	n, _, err := conn.WriteMsgUnix(line, unix.UnixRights(s.fd), nil)
	if err == nil && n < len(line) {
		_, err = conn.Write(line[n:])
	}
	return err
}
