package drain

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/peer"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Config says what to drain. Endpoints and Tree are required.
type Config struct {
	Endpoints []handoff.Endpoint // of the old generation; their ports tell accepted sockets from outgoing ones
	Tree      func() []int       // process IDs of the generation, called at each discovery; empty: it has ended
	Waiting   func() int         // clients in the old gates' accept queues or with a handshake under way; nil: none
	// SelfReported reports whether the process itself has charge of its connections at this local port: Run leaves them
	// alone. With port 0: whether the process reports how many answers are not whole, without naming the connections.
	// Nil: none does.
	SelfReported func(pid int, port uint16) bool
	// Answered reports whether the processes that report how many answers are not whole report none. Nil: unknown.
	Answered func() bool
	// ReportsUnix reports the same of all connections of unix sockets. Nil: no process has charge of them.
	ReportsUnix func(pid int) bool
	// Waits reports whether a process tells that something is under way. Run asks when nothing else is. Nil: none tells.
	Waits func() bool
	// Leave reports whether the process ends its connections by itself: they are only observed. Nil: none does.
	Leave func(pid int) bool
	// Next reports whether a generation serves that answers what has moved, and whether none will. While none serves,
	// what has moved is not waited for; if none will, requests are refused, as with End. Nil: one serves.
	Next func() (serves, never bool)
	// Mover takes over connections whose next request has come. Nil: connections are only observed, or ended.
	Mover Mover
	// EndStreams reports whether streams are ended in any case, from now on. Nil: they are not.
	EndStreams func() bool
	End        bool // no generation serves after this one: end connections between two requests
	// CanGetFD says that pidfd_getfd works. Without it Run only observes.
	CanGetFD bool
	// Harmless reports whether the client at the other end speaks for nobody but itself. It may block. Nil: package peer
	// finds that out. A seam for tests, whose clients live in a process that serves.
	Harmless func(peer.Ends) bool
}

// Mover has another generation answer the next request on a connection.
type Mover interface {
	Room() int // how many more connections it takes now
	// Move takes a connection. Of the request, the head and perhaps more was read, and rest bytes follow in the socket,
	// or will. Move owns the descriptor, a duplicate of the program's. cookie is the kernel's name of the socket. endless
	// reports whether the answer has no end of its own.
	Move(cookie uint64, fd int, request []byte, rest int64) (endless func() bool)
	Has(cookie uint64) bool          // it has taken the connection, which is open
	Made(client netip.AddrPort) bool // this is the address of a connection of its own to a generation
}

// Report is the progress of a drain. Busy and Quiet add up to the open connections that processes do not tell of.
type Report struct {
	Busy    int // a request is being answered, or may be
	Streams int // of the busy ones, those on which the program sends again and again without a request
	Flowing int // of the busy ones, answers of which the client got something within the last 15 s
	Stays   int // of those in use, connections that cannot move: of other machines, of proxies, of blocking programs
	Quiet   int // idle, or not HTTP: left to the program's handling of the stop signal
	Waiting int // clients that the program has not accepted yet
	Moved   int // connections whose next request another generation answers
	Closed  int // connections that hotswap ended

	// Idle: nothing was busy or waiting at several looks in a row, and no process tells of anything. So nothing is
	// lost if the program is told to stop.
	Idle bool
	// Retired: the numbers are of a time after Retire.
	Retired bool
	// Settled: the next request of each harmless client that has kept its connection goes to another generation, as far as
	// is known. It does not where the client speaks TLS or HTTP/2, which shows when the request comes.
	Settled bool
}

// Free reports whether nothing is under way.
func (r Report) Free() bool { return r.Busy == 0 && r.Waiting == 0 }

// Drain observes the connections of one old generation. Run is called once, and owns what follows cfg and retired.
type Drain struct {
	cfg     Config
	retired atomic.Bool
	open    func() (observer, error) // a seam for tests

	start  time.Time
	report Report
	caught bool             // at some look, no harmless client could bring its next request to the program
	conns  map[uint64]*conn // by socket cookie
	set    map[uint64]*conn // those of a look, by socket cookie
	wake   chan struct{}

	passAt  time.Duration // when to look at all connections next
	dear    time.Duration // when looks may be taken again, as the last ones took a part of a processor
	changed time.Duration // when anything was last seen to change
	arrived time.Duration // when a client was last seen to come
	own     sockdiag.Own
	input   []byte // that of one connection, during a look
	spares  int    // the number of connections with a duplicate
	peers   chan answers
	lookAt  time.Duration // when the next search for peers may begin; negative: one is under way
}

// New returns a drain that begins with Run.
func New(cfg Config) *Drain {
	d := &Drain{
		cfg: cfg, conns: make(map[uint64]*conn), set: make(map[uint64]*conn), wake: make(chan struct{}, 1),
		input: make([]byte, peekMost), peers: make(chan answers, 1),
	}
	d.open = d.observer
	return d
}

// Retire makes Run find out anew what is idle, because processes have got new orders. It may be called from any
// goroutine.
func (d *Drain) Retire() {
	d.retired.Store(true)
	d.Look()
}

// conn is one connection of the generation.
type conn struct {
	cookie    uint64 // the kernel's unique name of the socket
	inode     uint64
	local     netip.AddrPort
	peer      netip.AddrPort
	holders   []holder // where processes of the generation have it
	state     connection
	lookAt    time.Duration // when to look again
	deaf      bool          // hotswap can only observe it
	hold      bool          // its input can be held, as of the last look
	near      bool          // the client is on this machine
	who       peer.Peer     // of one that is near
	whoAt     time.Duration // when that was found out; 0: not yet
	asks      bool          // it is to be found out anew
	spare     int           // hotswap's duplicate, from Retire on, because the program may end at any moment; 0: none
	moved     bool          // it is another generation's
	endless   func() bool   // of one that was moved: the answer has no end of its own; nil: not known
	closed    bool          // by the program
	reported  bool          // its process has charge of it
	answers   bool          // its process tells how many answers are not whole
	lostSince time.Duration // since when no process has it although it is open; 0: one has it
}

func (c *conn) ends() peer.Ends { return peer.Ends{Local: c.local, Peer: c.peer} }

// holder is a descriptor of a process.
type holder struct{ pid, fd int }
