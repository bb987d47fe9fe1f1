package wire

import (
	"errors"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/rights"
)

// Socket is a descriptor on its way, which several may own. Another process has the same open file, so it is never made
// blocking, and only shut down to end a connection. A nil Socket is none.
type Socket struct {
	FD     int
	owners atomic.Int32 // besides one
}

// Share returns the socket for one more owner, who closes it, too.
func (s *Socket) Share() *Socket {
	if s != nil {
		s.owners.Add(1)
	}
	return s
}

// Close is called by each owner; the last one closes the descriptor.
func (s *Socket) Close() {
	if s != nil && s.owners.Add(-1) < 0 {
		_ = unix.Close(s.FD)
	}
}

// maxUnclaimed bounds the descriptors that belong to no line yet.
const maxUnclaimed = 16

// reader reads from an adapter, and keeps the descriptors that come along. Descriptors arrive at the latest with the first
// byte of their line (unix(7): ancillary data is a barrier), so the lines that come with one claim them in order.
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

// claim returns the descriptor of the next line that has one; nil, if it did not arrive. came is false without one.
func (r *reader) claim() (s *Socket, came bool) {
	if len(r.FDs) == 0 {
		return nil, false
	}
	fd := r.FDs[0]
	if r.FDs = r.FDs[1:]; fd == lost {
		return nil, true
	}
	return &Socket{FD: fd}, true
}

// close closes the unclaimed descriptors.
func (r *reader) close() {
	for s, came := r.claim(); came; s, came = r.claim() {
		s.Close()
	}
}
