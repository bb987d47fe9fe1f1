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
	Tree      func() []int       // returns the generation's process IDs, at each discovery; empty: the generation has ended
	Waiting   func() int         // returns how many clients wait in the old gates' accept queues, or shake hands; nil: none
	// SelfReported reports whether the process itself has charge of its connections at this local port: Run leaves them
	// alone. With port 0: whether the process tells Waits about each answer that is not whole, without naming the
	// connections. Nil: no process does.
	SelfReported func(pid int, port uint16) bool
	// ReportsUnix reports the same of all connections of unix sockets. Nil: no process has charge of them.
	ReportsUnix func(pid int) bool
	// Waits reports whether a process says that something is under way. Run asks when nothing else is. Nil: no process
	// says so.
	Waits func() bool
	// Leave reports whether the process ends its connections by itself: Run only observes them. Nil: no process does.
	Leave func(pid int) bool
	// Next reports whether a generation serves that answers what has moved, and whether none ever will. While none serves,
	// Run does not wait for what has moved; if none ever will, Run refuses requests, as with End. Nil: one serves.
	Next func() (serves, never bool)
	// Mover takes over connections whose next request has come. Nil: Run only observes connections, or ends them.
	Mover Mover
	// EndStreams reports whether Run ends streams in any case, from now on. Nil: Run does not.
	EndStreams func() bool
	// Behind runs a function in another goroutine, for whose end hotswap waits before it ends. Run calls it before it
	// returns. Nil: nobody waits.
	Behind func(func())
	End    bool // no generation serves after this one: end connections between two requests
	// CanGetFD says that pidfd_getfd works. Without it Run only observes.
	CanGetFD bool
	// Harmless reports whether the client at the other end speaks for nobody but itself. It may block. Nil: package peer
	// finds that out. A seam for tests, whose clients live in a process that serves.
	Harmless func(peer.Ends) bool
}

// Mover has another generation answer the next request on a connection.
type Mover interface {
	Room() int // how many more connections the Mover takes now
	// Move takes a connection. The drain has read the head of the request and perhaps more. rest bytes follow in the
	// socket, or will, but only if the program has closed the connection. Move owns the descriptor, a duplicate of the
	// program's. cookie is the kernel's name of the socket. endless reports whether the answer has no end of its own.
	Move(cookie uint64, fd int, request []byte, rest int64) (endless func() bool)
	Has(cookie uint64) bool          // whether the Mover has the connection, which is open
	Made(client netip.AddrPort) bool // whether this is the address of a connection of the Mover's own to a generation
}

// Report is the progress of a drain: of the connections that processes do not report.
type Report = handoff.DrainReport

// Drain observes the connections of one old generation. Run is called once, and owns what follows cfg and retired.
type Drain struct {
	cfg     Config
	retired atomic.Bool
	open    func() (observer, error) // a seam for tests

	start  time.Time
	tick   time.Duration // of the ages that the kernel tells
	report Report
	short  bool             // hotswap had no descriptor for a look: what the connections do is not known
	caught bool             // at some look, no harmless client could bring its next request to the program
	conns  map[uint64]*conn // by socket cookie
	set    map[uint64]*conn // those of a look, by socket cookie
	wake   chan struct{}

	passAt   time.Duration // when to look at all connections next
	dear     time.Duration // when the next look is affordable, by the processor time of the last ones
	changed  time.Duration // when anything was last seen to change
	arrived  time.Duration // when a client was last seen to come
	own      sockdiag.Own
	input    []byte // unread input of one connection, during a look
	spares   int    // the number of connections with a duplicate
	peers    chan answers
	lookAt   time.Duration // when the next search for peers may begin; negative: a search is under way
	searched time.Duration // how long the last search took
}

// New returns a drain that begins with Run.
func New(cfg Config) *Drain {
	if cfg.Behind == nil {
		cfg.Behind = func(f func()) { go f() }
	}
	d := &Drain{
		cfg: cfg, conns: make(map[uint64]*conn), set: make(map[uint64]*conn), wake: make(chan struct{}, 1),
		input: make([]byte, peekMost), peers: make(chan answers, 1),
	}
	d.open = d.observer
	return d
}

// Retire makes Run find out anew what is idle, because processes have got new orders. Any goroutine may call Retire.
func (d *Drain) Retire() {
	d.retired.Store(true)
	d.Look()
}

// conn is one connection of the generation.
type conn struct {
	cookie    uint64 // the kernel's unique name of the socket
	local     netip.AddrPort
	peer      netip.AddrPort
	holders   []holder // where processes of the generation have the connection
	state     connection
	lookAt    time.Duration // when to look again
	deaf      bool          // hotswap can only observe the connection
	hold      bool          // the input can be held, as of the last look
	near      bool          // the client is on this machine
	who       peer.Peer     // the client, if it is near
	whoAt     time.Duration // when a search found out who; 0: not yet
	asksAt    time.Duration // since when a request waits for a search to find out who anew; 0: none does
	spare     int           // hotswap's duplicate, from Retire on, because the program may end at any moment; 0: none
	moved     bool          // the connection is another generation's
	endless   func() bool   // the answer on a connection that has moved has no end of its own; nil: unknown
	closed    bool          // the program has closed the connection
	reported  bool          // the process has charge of the connection
	answers   bool          // the process tells Waits whether the answer is whole
	lostSince time.Duration // since when no process has the connection although it is open; 0: a process has it
}

func (c *conn) ends() peer.Ends { return peer.Ends{Local: c.local, Peer: c.peer} }

// holder is a descriptor of a process.
type holder struct{ pid, fd int }
