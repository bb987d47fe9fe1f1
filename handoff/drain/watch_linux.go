package drain

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Config says what to watch. Endpoints and Tree are required.
type Config struct {
	Endpoints []handoff.Endpoint // of the generation; their ports tell accepted sockets from outgoing ones
	Tree      func() []int       // returns the generation's process IDs, at each look; empty: the generation has ended
	Waiting   func() int         // returns how many clients wait in the generation's gates, or shake hands; nil: none
	// Told reports whether the process itself tells what is under way on its connections at this local port, or, if
	// that is 0, of unix sockets: these are left out. Nil: no process does.
	Told     func(pid int, port uint16) bool
	Relieved bool          // new clients go elsewhere
	Rest     time.Duration // how long nothing moves on a connection at rest
}

// Watch looks at the connections of one generation. One goroutine at a time uses it.
type Watch struct {
	Config
	diag  *sockdiag.Conn
	keys  map[key]bool
	paths []string // of unix sockets

	start       time.Time
	conns       map[uint64]*conn // at the ports, by the socket's cookie; those of unix sockets by inode and unixName
	inspections int
	complete    bool // no other connection can become the generation's
	empty       bool // at the last look, nobody waited to become so
}

// conn is a connection at one of the ports.
type conn struct {
	state  connection
	inode  uint64
	port   uint16 // 0: of a unix socket
	pids   []int  // processes of the generation that have the connection; none: it is another's, as far as is known
	told   bool   // one of these tells by itself
	missed int    // searches that have not found whose it is
	seen   int    // the last one that showed it
}

// unixName tells an inode from a cookie, which the kernel counts up from 1.
const unixName = 1 << 63

// missesMost is how often a search must miss a connection that is not the generation's. Between accept(2) and the
// descriptor, a connection is nobody's for microseconds.
const missesMost = 2

// key is a family and port to ask for.
type key struct {
	family sockdiag.Family
	port   uint16
}

// Open returns a watch, for the caller to close. It fails where a sandbox forbids sock_diag.
func Open(cfg Config) (*Watch, error) {
	d, err := sockdiag.Open()
	if err != nil {
		return nil, fmt.Errorf("drain: open sock_diag: %w", err)
	}
	w := &Watch{Config: cfg, diag: d, keys: make(map[key]bool), conns: make(map[uint64]*conn), start: time.Now()}
	for _, e := range cfg.Endpoints {
		if e.IsUnix() {
			w.paths = append(w.paths, e.Path)
		} else {
			w.keys[key{sockdiag.FamilyOf(e.Network), e.Port()}] = true
		}
	}
	return w, nil
}

// Close closes the watch.
func (w *Watch) Close() { w.diag.Close() }

const (
	inspectEvery = 50 * time.Millisecond // between two looks: a quiet moment is seen soon
	// connEvery is what each connection adds to the pause while nothing is busy. A look takes 1.6 µs of a processor for
	// each: milliseconds for thousands.
	connEvery = 250 * time.Microsecond
)

// Inspect reads all connections once, and returns how they stand, and after which pause to look again. alive: a process
// of the generation is left.
//
// A look first counts who waits, then asks for connections. So a client that leaves the queue behind the count has a
// connection.
func (w *Watch) Inspect() (r handoff.DrainReport, again time.Duration, alive bool) {
	tree := w.Tree()
	if len(tree) == 0 {
		return handoff.DrainReport{Settled: true}, inspectEvery, false
	}
	if w.Waiting != nil {
		r.Waiting = w.Waiting()
	}
	w.inspections++
	// Where adapters tell of all, the kernel is not asked: a dump walks its table of all connections of the machine.
	heard := w.heard(tree)
	// It is asked while a new connection can become the generation's, or one is left of which no adapter tells.
	asks := !w.complete
	for _, c := range w.conns {
		// the adapter has gone, and may have given the connection to another generation before
		if c.told && !w.tells(c) {
			c.pids, c.missed, c.told = nil, 0, false
		}
		asks = asks || !c.told
	}
	asks = asks && !heard
	var err error
	if asks {
		err = w.dump()
		if len(w.paths) > 0 {
			err = errors.Join(err, w.dumpUnix())
		}
		for cookie, c := range w.conns {
			if c.seen != w.inspections && err == nil {
				delete(w.conns, cookie)
			}
		}
	}
	err = errors.Join(err, w.search(tree))
	if !w.complete && !heard {
		empty := err == nil && w.Relieved && r.Waiting == 0
		w.complete, w.empty = empty && w.empty, empty
	}
	over := w.complete && err == nil // no connection is left, and none can come
	for _, c := range w.conns {
		c.told = c.told || w.tells(c)
		if len(c.pids) > 0 && !c.told {
			w.count(c, &r)
		}
		over = over && len(c.pids) == 0 && c.missed >= missesMost
	}
	if err != nil { // what was not seen may be busy
		r.Busy++
	}
	r.Settled = r.Connections == 0 && r.Free() && (heard || w.complete || !w.Relieved)
	again = max(inspectEvery, connEvery*time.Duration(len(w.conns)))
	if !r.Free() {
		again = min(again, 2*inspectEvery) // or a stream is not seen to flow before the time is over
	}
	if over || !asks && r.Waiting == 0 {
		again = Rest // only for the end of the processes
	}
	return r, again, true
}

// heard reports whether adapters tell of all connections that the processes can have: each tells of every endpoint, or
// has no socket of that kind.
func (w *Watch) heard(tree []int) bool {
	return w.Told != nil && !slices.ContainsFunc(tree, func(pid int) bool {
		silent := func(e handoff.Endpoint) bool { return !w.Told(pid, e.Port()) }
		return slices.ContainsFunc(w.Endpoints, silent) && w.mayHave(pid)
	})
}

// tells reports whether a process that has the connection tells by itself what is under way on it.
func (w *Watch) tells(c *conn) bool {
	return w.Told != nil && slices.ContainsFunc(c.pids, func(pid int) bool { return w.Told(pid, c.port) })
}

// dump reads all connections of TCP.
func (w *Watch) dump() (err error) {
	now := time.Since(w.start)
	for k := range w.keys {
		q := sockdiag.Query{Family: k.family, Port: k.port, Info: true,
			States: 1<<sockdiag.Established | 1<<sockdiag.CloseWait}
		err = errors.Join(err, w.diag.Dump(q, func(m sockdiag.Socket) {
			if m.Inode == 0 || m.Info == nil {
				return // not accepted yet: Waiting counts it
			}
			if c := w.shown(m.Cookie, m.Inode, k.port); c != nil {
				c.state.observe(sampleOf(now, m))
			}
		}))
	}
	return err
}

// shown notes that a look has shown a connection; nil: it cannot be the generation's.
func (w *Watch) shown(name, inode uint64, port uint16) *conn {
	c := w.conns[name]
	if c == nil {
		if w.complete {
			return nil
		}
		c = &conn{port: port}
		w.conns[name] = c
	}
	c.inode, c.seen = inode, w.inspections
	return c
}

// count adds a connection to the report.
func (w *Watch) count(c *conn, r *handoff.DrainReport) {
	r.Connections++
	if c.port == 0 {
		r.Busy++ // the kernel does not tell whether a request is under way
	} else if c.state.busy(w.Rest) {
		r.Busy++
		if !c.state.waits() {
			r.Stays++
		}
		if c.state.streams() {
			r.Streams++
		}
		if c.state.flows() {
			r.Flowing++
		}
	}
}

// EndStreams ends the generation's streams.
func (w *Watch) EndStreams() {
	ends := make(map[uint64]uint64)
	for cookie, c := range w.conns {
		if c.port != 0 && len(c.pids) > 0 && c.state.streams() {
			ends[c.inode] = cookie
		}
	}
	end(w.Tree(), ends)
}

// Cut ends all connections of the processes at these endpoints at once. It is for debuggers, which reconnect. Where
// pidfd_getfd is forbidden, Cut ends none.
func Cut(tree []int, at []handoff.Endpoint) {
	w, err := Open(Config{Endpoints: at})
	if err != nil {
		return
	}
	defer w.Close()
	_ = w.dump()
	ends := make(map[uint64]uint64)
	for cookie, c := range w.conns {
		ends[c.inode] = cookie
	}
	end(tree, ends)
}
