package wire

import (
	"bufio"
	"errors"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/rights"
)

// Socket is a descriptor on its way, which several may own. Another process has the same open file, so it is never made
// blocking, and only shut down to end a connection. A nil Socket is none.
type Socket struct {
	FD     int
	mu     sync.Mutex
	owners int // besides one
}

// Share returns the socket for one more owner, who closes it, too.
func (s *Socket) Share() *Socket {
	if s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.owners++
	}
	return s
}

// Close is called by each owner; the last one closes the descriptor.
func (s *Socket) Close() {
	if s != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.closeLocked()
	}
}

func (s *Socket) closeLocked() {
	s.owners--
	if s.owners < 0 {
		unix.Close(s.FD)
	}
}

// send sends the socket with the line for an owner, who has closed it before the other owners can: an adapter that has
// read the line may close the socket and bind its address at once again. It does not wait.
func (s *Socket) send(conn uintptr, line []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err = unix.SendmsgN(int(conn), line, unix.UnixRights(s.FD), nil, 0)
	if err == nil {
		s.closeLocked()
	}
	return n, err
}

// maxUnclaimed bounds the descriptors that belong to no line yet.
const maxUnclaimed = 16

// reader reads from an adapter, and keeps the descriptors that come along. Descriptors arrive at the latest with the
// first byte of their line (unix(7): ancillary data is a barrier), so the lines that come with one claim them in order.
type reader struct {
	rights.Reader
	session *Session
	buffer  *bufio.Reader // of this reader
	long    []byte        // the newest line, unless the buffer has it
}

// line returns the next line, which is valid until the next call.
func (r *reader) line() ([]byte, error) {
	for r.forget(); ; {
		part, err := r.buffer.ReadSlice('\n')
		if err == nil && r.long == nil {
			return part, nil
		}
		was := cap(r.long)
		r.long = append(r.long, part...)
		if r.session.unfinished.Add(int64(cap(r.long)-was)) > maxUnfinished || len(r.long) > maxLine {
			return nil, errors.New("more than lines may have")
		}
		if err != bufio.ErrBufferFull {
			return r.long, err
		}
	}
}

func (r *reader) forget() {
	r.session.unfinished.Add(-int64(cap(r.long)))
	r.long = nil
}

// lost stands for a descriptor that has not arrived, because this process may open no more.
const lost = -1

func (r *reader) Read(p []byte) (int, error) {
	had := len(r.FDs)
	n, err := r.Reader.Read(p)
	if r.Short {
		r.FDs = append(r.FDs, lost)
	}
	came := int32(len(r.FDs) - had)
	if room := r.session.admit(came, r.session.most/4); err == nil && (len(r.FDs) > maxUnclaimed || came > 0 && !room) {
		return 0, errors.New("more descriptors than lines to go with them")
	}
	return max(n, 0), err // ReadMsgUnix returns -1 with an error
}

// claim returns the descriptor of the next line that has one; nil, if it did not arrive. came is false without one.
func (r *reader) claim() (s *Socket, came bool) {
	if len(r.FDs) == 0 {
		return nil, false
	}
	fd := r.FDs[0]
	r.session.admit(-1, 0)
	r.FDs = r.FDs[1:]
	if fd == lost {
		return nil, true
	}
	return &Socket{FD: fd}, true
}

// close closes the unclaimed descriptors.
func (r *reader) close() {
	r.forget()
	for s, came := r.claim(); came; s, came = r.claim() {
		s.Close()
	}
}
