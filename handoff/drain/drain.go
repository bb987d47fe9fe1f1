package drain

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Config says what to drain. Endpoints and Tree are required.
type Config struct {
	Endpoints []handoff.Endpoint // of the old generation; their ports tell accepted sockets from outgoing ones
	Tree      func() []int       // process IDs of the generation, called at each discovery; empty: it has ended
	Waiting   func() int         // clients in the old gates' accept queues or with a handshake under way; nil: none
	// SelfReported reports whether the process itself names its busy connections at this local port: Run does not count
	// these. With port 0: whether the process reports how many answers are not whole, without naming the connections.
	// Nil: none does.
	SelfReported func(pid int, port uint16) bool
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
}

// Mover has another generation answer the next request on a connection.
type Mover interface {
	Room() int // how many more connections it takes now
	// Move takes a connection. input is what was read of the request. Move owns the descriptor, a duplicate of the
	// program's. cookie is the kernel's name of the socket. endless reports whether the answer has no end of its own.
	Move(cookie uint64, fd int, input []byte) (endless func() bool)
	Has(cookie uint64) bool // it has taken the connection, which is open
}

// Report is the progress of a drain. Busy and Quiet add up to the open connections that processes do not tell of.
type Report struct {
	Busy    int // a request is being answered, or may be
	Relayed int // waited for, though its process counts it itself: another generation answers, or the client may ask again
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
	// Settled: the next request on each connection that a client on this machine has kept goes to another generation,
	// as far as is known. It does not where the client speaks TLS or HTTP/2, which shows when the request comes.
	Settled bool
}

// Free reports whether nothing is under way.
func (r Report) Free() bool { return r.Busy == 0 && r.Relayed == 0 && r.Waiting == 0 }

// Drain observes the connections of one old generation. Run is called once; Exempt may be called from any goroutine.
type Drain struct {
	cfg Config

	retired atomic.Bool

	mu     sync.Mutex      // guards what follows, also while Run acts on a connection
	exempt map[uint64]bool // connections that are not held any more, by socket cookie

	// Owned by Run.
	start  time.Time
	report Report
	caught bool             // at some look, no connection could bring its next request to the program
	conns  map[uint64]*conn // by socket cookie
	hot    map[uint64]*conn // those on which something is under way, by socket cookie
	ours   map[netip.Addr]bool
	input  [peekMost]byte // that of one connection, during a look
	spares int            // the number of connections with a duplicate
}

// New returns a drain that begins with Run.
func New(cfg Config) *Drain {
	return &Drain{cfg: cfg, exempt: make(map[uint64]bool), conns: make(map[uint64]*conn), hot: make(map[uint64]*conn)}
}

// Retire makes Run find out anew what is idle, because processes have got new orders. It may be called from any
// goroutine.
func (d *Drain) Retire() { d.retired.Store(true) }

// conn is one connection of the generation.
type conn struct {
	cookie    uint64 // the kernel's unique name of the socket
	inode     uint64
	local     netip.AddrPort
	peer      netip.AddrPort
	holders   []holder // where processes of the generation have it
	state     connection
	hold      bool          // its input can be held, as of the last look
	blocks    bool          // it was a blocking socket after a request had come
	idle      bool          // it was blocking, and is not as of the last look: the program is between two requests
	near      bool          // the client is on this machine
	spare     int           // hotswap's duplicate, from Retire on, because the program may end at any moment; 0: none
	moved     bool          // it is another generation's
	endless   func() bool   // of one that was moved: the answer has no end of its own; nil: not known
	reported  bool          // its process tells whether it is busy
	answers   bool          // its process tells how many answers are not whole
	lostSince time.Duration // since when no process has it although it is open; 0: one has it
}

// holder is a descriptor of a process.
type holder struct{ pid, fd int }
