package load

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// Class is the outcome of one request.
type Class string

// Classes. All but OK, Race and Abandoned are failures.
const (
	OK        Class = "ok"
	Race      Class = "race"      // HTTP's keep-alive race, see the package comment
	Abandoned Class = "abandoned" // unanswered when the run was over
	Refused   Class = "refused"   // no listener
	Reset     Class = "reset"     // reset before a byte of the answer came
	EOF       Class = "eof"       // ended before a byte of the answer came
	Truncated Class = "truncated" // ended or reset in the middle of the answer
	Timeout   Class = "timeout"   // no complete answer in time
	Wrong     Class = "wrong"     // an answer, but not the right one
	// a right answer of an old version, on a connection begun after a newer one had answered
	Stale Class = "stale"
	Other Class = "other" // the client's own trouble: no port, no descriptor
)

// Failure reports whether a request of this class was lost or answered wrongly.
func (c Class) Failure() bool { return c != OK && c != Race && c != Abandoned }

// taken says whether the server's kernel acknowledged the bytes of a request.
type taken int

const (
	takenUnknown taken = iota
	takenNo
	takenYes
)

func (t taken) String() string { return [...]string{"", "no", "yes"}[t] }

// broken describes a request whose connection failed.
type broken struct {
	err     error         // as the connection gave it, before any parser wrapped it
	writing bool          // it failed while writing; else while dialling or reading
	got     int64         // bytes of this answer that had come
	reused  bool          // the connection had answered a request before
	waited  time.Duration // from the write to err
	taken   taken
}

// class is the definition of a lost request.
func (b broken) class(raceWithin time.Duration) Class {
	ended := errors.Is(b.err, io.EOF)
	reset := errors.Is(b.err, syscall.ECONNRESET) || errors.Is(b.err, syscall.EPIPE) ||
		errors.Is(b.err, syscall.ECONNABORTED)
	var timeout net.Error
	switch {
	case errors.Is(b.err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(b.err, os.ErrDeadlineExceeded), errors.As(b.err, &timeout) && timeout.Timeout():
		return Timeout
	case !ended && !reset:
		return Other
	case b.got > 0:
		return Truncated
	case b.reused && (b.writing || b.taken == takenNo || b.waited <= raceWithin):
		// A failed write means that the kernel knew of the end before it
		// took the request: nothing was sent.
		return Race
	case ended:
		return EOF
	default:
		return Reset
	}
}
