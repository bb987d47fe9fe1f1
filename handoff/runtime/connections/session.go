package connections

import (
	"context"
	"os"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/internal/rights"
)

// Shared is what the sessions of all generations share. Any goroutine may call its methods.
type Shared struct {
	Handoff
	of    func(handoff.GenID) *Session // constant
	short func(pid int)                // constant
	lives func(pid int) bool           // constant
	waits waits                        // constant
	idle  chan struct{}                // constant; its capacity bounds the connections that wait for a process

	mu sync.Mutex // guards what follows
	// of which hotswap has a duplicate, by cookie; closed when another process gives one away
	lent map[uint64]chan struct{}
}

// New returns what generations share. of returns the session of a generation, or nil. short is called when a process
// may open no more descriptors.
func New(of func(handoff.GenID) *Session, short func(pid int)) *Shared {
	return &Shared{
		of: of, short: short, lives: lives, waits: usualWaits,
		idle: make(chan struct{}, rights.Share(maxIdle)), lent: map[uint64]chan struct{}{},
	}
}

// Session has the connections of one generation, as far as its adapters tell of them. Any goroutine may call its
// methods.
type Session struct {
	of      *Shared
	handing sync.WaitGroup     // WebSockets that move
	moving  chan struct{}      // its capacity bounds the WebSockets that move at once
	retired context.Context    // ends when the generation does not serve again
	retire  context.CancelFunc // ends it
	links   wire.Group[thread] // guards what follows

	order     *order // the current drain; nil: none
	asks      int
	offers    int // that were made
	picks     int
	stopFirst bool         // in the current drain, what moves waits for the next generation
	offered   int          // connections that are on their way to another process
	moved     int          // that another process has taken
	stats     HandoffStats // also read without the lock, when nothing moves any more
}

// Session returns the session of a generation that begins.
func (h *Shared) Session(gen handoff.GenID) *Session {
	a := &Session{of: h, moving: make(chan struct{}, rights.Share(maxMoving)), stats: HandoffStats{Gen: gen}}
	a.retired, a.retire = context.WithCancel(context.Background())
	return a
}

// Close is called when the generation's wire has ended. It waits for what moves, and reports what has become of it.
func (a *Session) Close() {
	a.handing.Wait()
	a.retire()
	if a.stats.Moved+a.stats.Told > 0 {
		a.of.Report(a.stats)
	}
}

// thread is the link of an adapter. Session.links guards what is not constant.
type thread struct {
	*wire.Link               // constant
	slots      chan struct{} // constant; its capacity bounds the offers that the thread has not answered
	// it has connections, so that a drain has to ask it: a thread that only computes would not answer
	reports   bool
	ports     map[uint16]bool // of whose connections it tells which are busy; 0: of those of unix sockets
	addresses map[string]bool // at which its servers listen
	state     State
	known     bool           // state is of the current order
	met       bool           // state is of the current drain, perhaps of an order before
	busyThen  int            // busy connections, as the newest look was answered
	offers    map[int]*offer // of connections, by number
	picked    int            // when it was picked last
	gone      bool           // the link has ended
}

// Join adds a thread. A current drain includes it.
func (a *Session) Join(l *wire.Link) (h wire.Handlers, leave func()) {
	t := &thread{
		Link: l, slots: make(chan struct{}, maxOffers), offers: map[int]*offer{},
		ports: map[uint16]bool{}, addresses: map[string]bool{},
	}
	a.links.Locked(func() {
		a.links.Links = append(a.links.Links, t)
		if a.order != nil {
			t.Send(*a.order, nil)
		}
	})
	return wire.Handlers{
			"listening": wire.Note(&a.links, t.listensLocked),
			"state":     wire.Note(&a.links, t.stateLocked),
			"move":      wire.OnSocket(a.short, func(m Give, s *wire.Socket) { a.take(t, m.At, s) }),
			"taken":     wire.Note(&a.links, t.answeredLocked),
			"owned":     wire.Note(&a.links, t.ownedLocked),
			"give":      wire.OnSocket(a.short, a.given()),
			"refused":   wire.Note(&a.links, func(m Refused) { a.stats.refusedLocked(m.Reason) }),
		}, func() {
			a.links.Locked(func() {
				a.links.RemoveLocked(t)
				for _, o := range t.offers {
					o.answered(errGone)
				}
				t.gone = true
			})
		}
}

// short has somebody say that hotswap may open no more descriptors.
func (a *Session) short() { a.of.short(os.Getpid()) }

// Serving returns the links whose adapters have accepted connections.
func (a *Session) Serving() map[*wire.Link]bool {
	a.links.Lock()
	defer a.links.Unlock()
	serving := map[*wire.Link]bool{}
	for _, t := range a.links.Links {
		serving[t.Link] = t.reports
	}
	return serving
}
