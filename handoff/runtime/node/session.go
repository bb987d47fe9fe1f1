package node

import (
	"bufio"
	"context"
	"net"
	"os"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/accept"
	"github.com/hotswap-dev/hotswap/internal/peercred"
)

// Session is the transport's part in one generation: the connections of the generation's
// adapters. Any goroutine may call its methods.
type Session struct {
	gen      handoff.GenID
	of       *Transport
	dir      string            // of the socket; "": there is none
	path     string            // of the socket, as adapters know it
	listener *net.UnixListener // nil: there is none
	moving   chan struct{}     // its capacity bounds the WebSockets that move at once

	mu          sync.Mutex // guards what follows
	threads     map[*thread]bool
	followers   map[*thread]bool // that report nothing
	order       *order           // the current drain; nil: none
	seq         int
	changed     chan struct{} // closed and replaced at each change
	answers     chan struct{} // closed and replaced when a thread has answered an order for files, or has gone
	tree        func() []int  // the generation's processes; nil until Run
	joined      int           // threads that ever connected
	files       int           // the number of the newest order for files; 0: none yet
	checks      int           // the number of the newest order to check; 0: none yet
	pastThreads []Snapshot    // that have gone; each file is in one of them
	pastKnown   map[string]bool
	kept        int          // bytes, about, of what threads have loaded
	pastKept    int          // the same of pastThreads
	remembered  string       // see Remembered
	lost        bool         // a worker thread has gone, or not all files of pastThreads are there
	stats       HandoffStats // without Gen
	offers      int          // that were made
	picks       int
	stopFirst   bool          // in the current drain, what moves waits for the next generation
	offered     int           // connections that are on their way to another process
	moved       int           // that another process has taken
	retired     chan struct{} // closed when the generation does not serve again
}

// thread is a connected adapter. Session.mu guards what is not constant.
type thread struct {
	out      *writeQueue   // constant
	node     string        // constant; the version
	joined   int           // constant; connection order within the generation
	mute     bool          // constant; it does not tell which files are loaded
	Snapshot               // without Serves and Told
	gone     chan struct{} // constant; closed when the thread goes
	slots    chan struct{} // constant; its capacity bounds the offers that the thread has not answered
	ports    map[uint16]bool
	places   map[string]bool // at which its servers listen
	unix     bool            // at a unix socket, too
	state    State
	known    bool           // state is of the current order
	met      bool           // state is of the current drain, perhaps of an order before
	looked   int            // busy connections, as the newest look was answered
	hooks    []Hook         // of an answer that is under way
	filesSeq int            // of the newest order for files that was answered
	exact    bool           // that answer was complete
	begun    []int          // the worker threads that it had begun by then
	kept     int            // bytes, about, of its files
	cut      bool           // there was no room for all of them
	checks   bool           // constant; it obeys the order check
	checked  Checked        // the newest answer to that
	offers   map[int]*offer // of connections, by number
	picked   int            // when it was picked last
}

// reports reports whether the thread has connections, so that a drain has to ask it.
// A thread that only computes would not answer.
func (t *thread) reports() bool { return len(t.ports)+len(t.places) > 0 }

// write sends an order. If the thread cannot be reached its connection ends, and with
// that serve.
func (t *thread) write(o order) { t.out.put(frame{line: o.line()}) }

// Close removes the socket.
func (a *Session) Close() error {
	a.of.forget(a)
	if a.dir == "" {
		return nil
	}
	err := os.RemoveAll(a.dir)
	if a.listener != nil {
		_ = a.listener.Close()
	}
	return err
}

// Run serves the adapters until ctx ends. It returns no error, because a generation
// without adapters is observed from outside.
func (a *Session) Run(ctx context.Context, r handoff.Running, _ func(handoff.Event)) error {
	defer a.Close()
	if a.listener == nil {
		return nil
	}
	a.mu.Lock()
	a.tree = r.Tree
	a.mu.Unlock()
	var serving sync.WaitGroup
	defer a.report()
	defer a.retire()
	defer serving.Wait()
	defer context.AfterFunc(ctx, func() { _ = a.listener.Close() })()
	for {
		conn, err := accept.Next(ctx, a.listener.AcceptUnix)
		if err != nil {
			return nil
		}
		serving.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			if pid, ok := peercred.Belongs(conn, r.Tree); ok {
				a.serve(ctx, conn, pid, &serving)
			}
		})
	}
}

// serve reads what a thread writes until it goes, or breaks the protocol. moves has the
// goroutines that outlive serve.
func (a *Session) serve(ctx context.Context, conn *net.UnixConn, pid int, moves *sync.WaitGroup) {
	in := newReader(conn)
	defer in.close()
	out := newWriteQueue(conn)
	moves.Go(out.run)
	defer out.close()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	t := &thread{out: out, Snapshot: Snapshot{PID: pid}, gone: make(chan struct{}), slots: make(chan struct{}, maxOffers), ports: map[uint16]bool{}, places: map[string]bool{}, offers: map[int]*offer{}}
	defer a.leave(t)
	wait := a.of.waits.slot
	for first := true; lines.Scan(); first = false {
		msg, err := Decode(lines.Bytes())
		if err != nil {
			return
		}
		hello, is := msg.(Hello)
		if is != first {
			return
		}
		switch m := msg.(type) {
		case Hello:
			a.join(t, hello)
		case Give, Move:
			s := in.claim()
			if s == nil {
				return
			}
			t.write(order{Type: "got", Lost: s.fd == lost}) // the thread keeps its own until then
			if s.fd == lost {
				a.of.limited(short(os.Getpid()))
				continue
			}
			if move, is := m.(Move); is {
				a.take(ctx, t, move.At, s)
				continue
			}
			// While too many WebSockets move the thread is not read, and waits, but not for so long that its process
			// is killed first.
			began, free := time.Now(), time.After(wait)
			select {
			case a.moving <- struct{}{}:
				moves.Go(func() {
					defer func() { <-a.moving }()
					a.hand(m.(Give), s)
				})
			case <-free:
				a.handed(s, errBusy)
			}
			if wait -= time.Since(began); len(a.moving) < cap(a.moving) {
				wait = a.of.waits.slot
			}
		case Files:
			a.note(t, m)
			a.noteRemembered(m.Remembered)
		case Off:
			a.of.limited(Limit{m, t.node})
		default:
			a.note(t, msg)
		}
	}
}

// join adds a thread. A current drain includes it.
func (a *Session) join(t *thread, hello Hello) {
	if t.PID == 0 {
		t.PID = hello.PID
	}
	t.Thread, t.node, t.mute = hello.Thread, hello.Node, hello.Files != nil && !*hello.Files
	t.Faults, t.checks = hello.Faults, hello.Checks
	if hello.Began > 0 {
		t.Began = time.UnixMilli(hello.Began)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if hello.Follows {
		a.followers[t] = true
	} else {
		a.joined++
		t.joined = a.joined
		a.threads[t] = true
		t.askFiles(a.files)
	}
	if a.order != nil {
		t.write(*a.order)
	}
	a.changeLocked()
}

func (a *Session) note(t *thread, msg Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch msg := msg.(type) {
	case Listening:
		if msg.Port != 0 || msg.At == "" {
			t.ports[msg.Port] = true
		}
		t.unix = t.unix || msg.Port == 0 && msg.At != ""
		if len(t.places) < maxPlaces && msg.At != "" {
			t.places[msg.At] = true
		}
	case State:
		if msg.Seq == 0 {
			msg.Seq = t.state.Seq
		} else {
			t.looked = msg.Busy
		}
		t.state, t.known, t.met = msg, true, true
	case Files:
		a.filesLocked(t, msg)
	case Checked:
		t.checked = msg
	case Taken:
		t.answeredLocked(msg)
	case Closed:
		t.closedLocked(msg.ID)
	case Refused:
		a.stats.refusedLocked(msg.Reason)
	}
	a.changeLocked()
}

func (a *Session) leave(t *thread) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.followers, t)
	defer close(t.gone)
	a.kept -= t.kept
	if !a.threads[t] {
		return
	}
	delete(a.threads, t)
	a.keepFilesLocked(t)
	a.lost = a.lost || t.Thread != 0
	for _, o := range t.offers {
		o.answerLocked(errGone)
	}
	t.offers = nil
	a.answersLocked()
	a.changeLocked()
}

func (a *Session) changeLocked() {
	close(a.changed)
	a.changed = make(chan struct{})
}
