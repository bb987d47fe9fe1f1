package drain

import (
	"errors"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// ErrUnsupported is returned by Run on a system that shows no one the
// connections of another process. Do without: send the stop signal at once and
// let the program finish by itself.
var ErrUnsupported = errors.New("watching the connections of another process is not supported on this system")

// Config says what to drain. Endpoints and Tree are needed, all else may be
// zero.
type Config struct {
	Endpoints []handoff.Endpoint // of the old generation; their ports tell accepted sockets from outgoing ones
	Tree      func() []int       // process ids of the generation, asked anew at each discovery; none: it is gone
	Waiting   func() int         // clients in the old gates' accept queues or half-way there; nil: none
	Patience  time.Duration      // from the first Run: time after which two ticks of certain idleness are enough to close a connection in use. 0: half the time to Run's deadline, 5 s without one
	// Told says that the process tells of its connections at this local port itself:
	// they are not watched, and count for nothing here. Nil: none does.
	SelfReported func(pid int, port uint16) bool
	CanGetFD     bool // pidfd_getfd works; false: only observe, and while clients pause less than about 100 ms Run may find no moment to return
}

// Report is how far the drain is. Busy, InUse and Quiet add up to the
// connections that are open.
type Report struct {
	Busy     int // a request is being answered, or that cannot be excluded
	InUse    int // idle right now, but a client works on it
	Quiet    int // parked: left to the program's own handling of the stop signal
	Waiting  int // clients the program has not accepted yet
	Finished int // requests seen to finish since the start; fast ones may go unseen
	Closed   int // connections ended on the program's behalf
}

// idle: nothing is lost if the program is told to stop now.
func (r Report) idle() bool { return r.Busy == 0 && r.InUse == 0 && r.Waiting == 0 }

// Drain watches the connections of one old generation. Run belongs to one
// goroutine at a time; Stopping may be called from anywhere.
type Drain struct {
	cfg      Config
	stopping atomic.Bool

	// Owned by Run, kept from one Run to the next.
	start  time.Time
	report Report
	conns  map[uint64]*conn // by socket cookie
	sizes  responseSizes    // of the program
}

// New prepares a drain; nothing is looked at before Run.
func New(cfg Config) *Drain {
	return &Drain{cfg: cfg, conns: make(map[uint64]*conn)}
}

// Stopping tells that the stop signal has been sent. From now on Run, the one
// under way or the next, goes on finishing what is in use, and returns only
// when no connection or no process is left, or its context ends.
func (d *Drain) Stopping() { d.stopping.Store(true) }

// conn is one connection of the generation.
type conn struct {
	cookie    uint64 // the kernel's name of the socket, never used twice
	inode     uint64
	local     netip.AddrPort
	peer      netip.AddrPort
	holders   []holder // where a process of the generation holds it
	state     connState
	lostSince time.Duration // since when no process holds it although it is open; 0: held
}

// holder is a descriptor of a process.
type holder struct{ pid, fd int }
