package node

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/internal/rights"
)

// Session is the transport's part in one generation: what its adapters say. Any goroutine may call its methods.
type Session struct {
	gen     handoff.GenID
	of      *Transport
	wire    *wire.Session  // nil: there is none
	handing sync.WaitGroup // WebSockets that move

	mu      sync.Mutex // guards what follows
	threads map[*thread]bool
	joined  int           // threads that ever connected
	changed chan struct{} // closed and replaced at each change
	tree    func() []int  // the generation's processes; none until Run
	connections
	websockets
	files
}

// thread is a connected adapter. Session.mu guards what is not constant.
type thread struct {
	*wire.Link     // constant
	joined     int // constant; connection order within the generation
	ofConnections
	ofFiles
}

func newSession(of *Transport, gen handoff.GenID) *Session {
	retired, retire := context.WithCancel(context.Background())
	return &Session{
		gen: gen, of: of, threads: map[*thread]bool{}, changed: make(chan struct{}), tree: func() []int { return nil },
		connections: connections{retired: retired.Done(), retire: retire},
		websockets:  websockets{moving: make(chan struct{}, rights.Share(maxMoving)), stats: HandoffStats{Gen: gen}},
		files:       files{pastKnown: map[string]bool{}},
	}
}

// Close removes the socket.
func (a *Session) Close() error {
	a.of.forget(a)
	if a.wire == nil {
		return nil
	}
	return a.wire.Close()
}

// Run serves the adapters until ctx ends. It returns no error, because a generation
// without adapters is observed from outside.
func (a *Session) Run(ctx context.Context, r handoff.Running, _ func(handoff.Event)) error {
	defer a.Close()
	if a.wire == nil {
		return nil
	}
	a.mu.Lock()
	a.tree = r.Tree
	a.mu.Unlock()
	a.wire.Run(ctx, r.Tree)
	a.handing.Wait()
	a.retire()
	a.report()
	return nil
}

// join adds a thread. A current drain includes it.
func (a *Session) join(l *wire.Link) (h wire.Handlers, leave func()) {
	t := &thread{
		Link:          l,
		ofConnections: ofConnections{slots: make(chan struct{}, maxOffers), ports: map[uint16]bool{}, places: map[string]bool{}, offers: map[int]*offer{}},
		ofFiles:       ofFiles{mute: l.Files != nil && !*l.Files, loaded: Snapshot{PID: l.PID, Thread: l.Thread, Faults: l.Faults}},
	}
	if l.Began > 0 {
		t.loaded.Began = time.UnixMilli(l.Began)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.joined++
	t.joined = a.joined
	a.threads[t] = true
	t.askFiles(a.asked)
	if a.order != nil {
		t.Send(*a.order, nil)
	}
	a.changeLocked()
	return a.handlers(t), func() { a.leave(t) }
}

func (a *Session) handlers(t *thread) wire.Handlers {
	return wire.Handlers{
		"listening": note(a, t.listensLocked),
		"state":     note(a, t.stateLocked),
		"move":      onSocket(a, func(m Give, s *wire.Socket) { a.take(t, m.At, s) }),
		"taken":     note(a, t.answeredLocked),
		"closed":    note(a, t.closedLocked),

		"give":    onSocket(a, a.given()),
		"refused": note(a, func(m Refused) { a.stats.refusedLocked(m.Reason) }),

		"files":   note(a, func(m Files) { a.filesLocked(t, m) }),
		"checked": note(a, func(m Checked) { t.checked = m }),
		"off":     wire.On(func(m Off) { a.of.limited(Limit{m, t.Node}) }),
	}
}

// note returns a handler that changes what the session knows.
func note[M any](a *Session, noteLocked func(M)) wire.Handler {
	return wire.On(func(m M) { a.locked(func() { noteLocked(m) }) })
}

// onSocket returns a handler of a message with a socket. Where hotswap may open no more, somebody says so.
func onSocket[M any](a *Session, handle func(M, *wire.Socket)) wire.Handler {
	return wire.OnSocket(func(m M, s *wire.Socket) {
		if s == nil {
			a.of.limited(short(os.Getpid()))
			return
		}
		handle(m, s)
	})
}

// locked calls f with the lock, and says that something has changed.
func (a *Session) locked(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
	a.changeLocked()
}

func (a *Session) leave(t *thread) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.kept -= t.kept
	delete(a.threads, t)
	a.keepFilesLocked(t)
	a.lost = a.lost || t.Thread != 0
	for _, o := range t.offers {
		o.answered(errGone)
	}
	t.offers = nil
	a.changeLocked()
}

func (a *Session) changeLocked() {
	close(a.changed)
	a.changed = make(chan struct{})
}
