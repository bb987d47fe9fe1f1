package node

import (
	"errors"
	"net"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/rights"
)

// maxUnclaimed bounds the descriptors that belong to no line yet.
const maxUnclaimed = 16

// reader reads from an adapter, and keeps the descriptors that come along. Descriptors arrive
// at the latest with the first byte of their line (unix(7): ancillary data is a barrier), so
// the lines that come with one claim them in order.
type reader struct{ rights.Reader }

// lost stands for a descriptor that has not arrived, because this process may open no more.
const lost = -1

var errRights = errors.New("more descriptors than lines to go with them")

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if r.Short {
		r.FDs = append(r.FDs, lost)
	}
	if err == nil && len(r.FDs) > maxUnclaimed {
		return 0, errRights
	}
	return n, err
}

func newReader(conn *net.UnixConn) *reader { return &reader{rights.Reader{Conn: conn}} }

// claim returns the descriptor of the next line that has one, or nil.
func (r *reader) claim() *socket {
	if len(r.FDs) == 0 {
		return nil
	}
	fd := r.FDs[0]
	r.FDs = r.FDs[1:]
	return &socket{fd: fd}
}

// close closes the unclaimed descriptors.
func (r *reader) close() {
	for s := r.claim(); s != nil; s = r.claim() {
		s.close()
	}
}

// socket is a client's connection while hotswap has it. Another process has the same open file,
// so it is never made blocking, and only shut down to end the connection.
type socket struct {
	fd     int
	owners atomic.Int32 // besides one
}

// share returns the socket for one more owner, who closes it, too.
func (s *socket) share() *socket {
	s.owners.Add(1)
	return s
}

func (s *socket) close() {
	if s.owners.Add(-1) < 0 {
		_ = unix.Close(s.fd)
	}
}

// dup returns another descriptor of the connection.
func (s *socket) dup() (*socket, error) {
	fd, err := unix.FcntlInt(uintptr(s.fd), unix.F_DUPFD_CLOEXEC, 0)
	return &socket{fd: fd}, err
}
