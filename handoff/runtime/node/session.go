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
)

// Session are those of one generation's processes. It is the transport's session
// of the generation; the methods may be called from anywhere.
type Session struct {
	gen      handoff.GenID
	of       *Transport
	dir      string            // of the socket; "": there is none
	path     string            // of the socket, as adapters know it
	listener *net.UnixListener // nil: there is none

	mu      sync.Mutex // guards what follows
	threads map[*thread]bool
	order   *order // the drain that is on; nil: none
	seq     int
	past    State         // what threads that have gone had Finished and Closed
	changed chan struct{} // closed, and made anew, when something changes

	tree        func() []int  // the generation's processes; nil until Run
	joined      int           // how many threads ever were
	filesSeq    int           // of the newest question for files; 0: none yet
	patience    time.Duration // of that
	pastThreads []Snapshot    // that have gone; each file is of one of them
	pastKnown   map[string]bool

	stats  HandoffStats  // without Gen
	takes  int           // offers that were made
	turn   int           // picks
	moving chan struct{} // constant: as many as there may be WebSockets on their way
}

// member is one connected thread. What is not constant belongs to Session.mu.
type thread struct {
	out          *writeQueue // constant
	node         string      // constant; the version
	pid          int         // constant
	ports        map[uint16]bool
	state        State
	known        bool               // state is of the drain that is on
	offers       map[int]chan error // of WebSockets, by number: where the answer goes
	turn         int                // when it was picked last
	unresponsive bool               // it left an offer unanswered

	thread   int // constant, and began too
	began    time.Time
	joined   int // constant; the how manieth it is
	files    []File
	filesSeq int // of the newest question that it has answered
	exact    bool
	main     string
	execArgv []string
	holdable bool
	env      []string
}

// tells is whether it has connections, so that a drain has to ask it. A thread that
// computes would not answer.
func (m *thread) tells() bool { return len(m.ports) > 0 }

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

// Run serves the adapters until ctx ends. Without it the generation is as others
// are, so nothing is an error.
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
	defer serving.Wait()
	defer context.AfterFunc(ctx, func() { _ = a.listener.Close() })()
	for {
		conn, err := accept.Next(ctx, a.listener.AcceptUnix, a.of.refused)
		if err != nil {
			return nil
		}
		serving.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			if pid, ok := belongs(conn, r.Tree); ok {
				a.serve(ctx, conn, pid, &serving)
			}
		})
	}
}

// serve hears one thread until it goes, or says what makes no sense. What it hands
// over is on its way in moves.
func (a *Session) serve(ctx context.Context, conn *net.UnixConn, pid int, moves *sync.WaitGroup) {
	in := &reader{conn: conn}
	defer in.close()
	out := newWriteQueue(conn)
	moves.Go(out.run)
	defer out.close()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	m := &thread{out: out, pid: pid, ports: map[uint16]bool{}, offers: map[int]chan error{}}
	defer a.leave(m)
	for first := true; lines.Scan(); first = false {
		msg, err := Decode(lines.Bytes())
		if err != nil {
			return
		}
		if hello, ok := msg.(Hello); ok != first {
			return
		} else if ok {
			if m.pid == 0 {
				m.pid = hello.PID
			}
			m.thread, m.node = hello.Thread, hello.Node
			if hello.Began > 0 {
				m.began = time.UnixMilli(hello.Began)
			}
			a.join(m)
			continue
		}
		if give, ok := msg.(Give); ok {
			s := in.claim()
			if s == nil {
				return
			}
			// The thread is not heard while too many are on their way: it waits.
			a.moving <- struct{}{}
			moves.Go(func() {
				defer func() { <-a.moving }()
				a.hand(context.WithoutCancel(ctx), give, s)
				m.write(order{Type: "moved"})
			})
			continue
		}
		a.note(m, msg)
	}
}

// join makes a thread a member; if a drain is on, it is one of it.
func (a *Session) join(m *thread) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.joined++
	m.joined = a.joined
	a.threads[m] = true
	a.askFilesLocked(m)
	if a.order != nil {
		m.write(*a.order)
	}
	a.changeLocked()
}

func (a *Session) note(m *thread, msg Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch msg := msg.(type) {
	case Listening:
		m.ports[msg.Port] = true
	case State:
		if msg.Seq == 0 {
			msg.Seq = m.state.Seq
		}
		m.state, m.known = msg, true
	case Files:
		m.noteFiles(msg)
	case Taken:
		m.answeredLocked(msg)
	case Refused:
		a.stats.refusedLocked(msg.Reason)
	case Off:
		a.of.limited(Limit{msg, m.node})
	}
	a.changeLocked()
}

func (a *Session) leave(m *thread) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.threads[m] {
		delete(a.threads, m)
		a.keepFilesLocked(m)
		for _, answer := range m.offers {
			answer <- errGone
		}
		m.offers = nil
		a.past.Finished += m.state.Finished
		a.past.Closed += m.state.Closed
		a.changeLocked()
	}
}

func (a *Session) changeLocked() {
	close(a.changed)
	a.changed = make(chan struct{})
}

// write sends an order. A thread that cannot be reached is no member: serve ends
// when its connection does.
func (m *thread) write(o order) { m.out.put(frame{line: o.line()}) }
