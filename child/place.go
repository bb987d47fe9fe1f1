package child

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Generation returns the number of the generation that this process belongs to, or 0 without hotswap.
func Generation() int {
	n, _ := strconv.Atoi(os.Getenv("HOTSWAP_GENERATION"))
	return n
}

// Serving reports whether this generation gets new connections. Without hotswap it does until the process
// drains (see [DrainOnSignal]). If hotswap cannot be reached, Serving reports false.
func Serving() bool {
	p := asked()
	<-p.known
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.serving
}

// OnServe has f called each time this generation begins to get new connections: once it serves, at once if it
// does already, and again if it served, was held, and serves again. f runs in a goroutine of its own, when all
// functions of [OnDrain] and an earlier call of f have returned. No drain waits for f, so f returns soon if a
// function of [OnDrain] needs what it has opened.
func OnServe(f func()) { asked().add(&handler{serves: true, f: func(context.Context) { f() }}) }

// OnDrain has f called each time this generation no longer gets new connections, at once if it does not. f
// runs in a goroutine of its own, when an earlier call of f has returned. The context ends at the time at which hotswap asks the process to end in
// any case, and when the generation serves again; [context.Cause] tells which. That time may change, so the context's
// Deadline does not tell it. hotswap sends no stop signal before f has returned.
//
// A generation that is held may serve again, so what f closes, a function of [OnServe] must open again, unless
// f has waited for [AwaitDrained]. What cannot be opened again, such as listeners, is closed after [Draining].
func OnDrain(f func(context.Context)) { asked().add(&handler{f: f}) }

// AwaitDrained waits, in a function of [OnDrain], until no connection of this generation has anything under
// way any more, and reports true then: it never serves again. AwaitDrained reports false when ctx ends before.
// So a program closes there what its requests need, such as a pool of a database.
//
// Only hotswap knows that, so without it AwaitDrained waits for ctx.
func AwaitDrained(ctx context.Context) bool {
	p := asked()
	p.mu.Lock()
	drained := p.drained
	p.mu.Unlock()
	select {
	case <-ctx.Done():
		return false
	case <-drained:
		return ctx.Err() == nil
	}
}

// Draining is closed when this generation drains and does not serve again: the one after it has come through
// its probation, or hotswap stops. It is not closed while the generation is held. Without hotswap, only [DrainOnSignal]
// closes it.
//
// A program that asks for it ends its connections by itself, for instance by [net/http.Server.Shutdown], and
// then ends. So hotswap ends none of them between two requests, as it otherwise does. A program that does not
// end gets the stop signal when its connections are idle; [DrainOnSignal] has it live on.
func Draining() <-chan struct{} {
	p := ours()
	p.mu.Lock()
	p.drains = true
	p.mu.Unlock()
	p.ask()
	return p.final
}

// DrainOnSignal has [Draining] closed, and the functions of [OnDrain] called, also when the process gets one
// of the signals: with none given SIGTERM, which is hotswap's stop signal, or an interrupt. From then on the
// signals have their usual effect, so a second Ctrl-C ends the process. As with [signal.Notify], the first
// one does not end the process: the program ends when it has drained.
func DrainOnSignal(signals ...os.Signal) {
	if len(signals) == 0 {
		signals = []os.Signal{syscall.SIGTERM, os.Interrupt}
	}
	came := make(chan os.Signal, 1)
	signal.Notify(came, signals...)
	go func() {
		<-came
		signal.Stop(came)
		ours().end()
	}()
}

// place is what is known of this generation's place.
type place struct {
	final chan struct{} // see Draining
	known chan struct{} // closed when serving is known

	mu       sync.Mutex    // guards the following fields
	asked    *subscription // nil: hotswap was not asked
	seq      uint64        // of the newest event
	answered uint64        // the newest seq that hotswap was told about
	drains   bool          // this process ends its connections by itself
	serving  bool
	ended    bool // the process got a signal: it serves no more
	episode  int  // counts the changes of serving; 0: neither OnServe nor OnDrain is due

	handlers []*handler

	ctx    context.Context // of the handlers of this episode
	cancel context.CancelCauseFunc
	limit  *time.Timer // ends ctx; nil: none

	drained chan struct{} // closed when this generation has drained in this episode
}

// errServes is the cause with which the context of OnDrain ends when the generation serves again.
var errServes = errors.New("the generation serves again")

type handler struct {
	serves  bool
	f       func(context.Context)
	episode int  // in which it was called last
	runs    bool // it has not returned
}

// ours is the place of this process. It asks hotswap for nothing yet.
var ours = sync.OnceValue(func() *place {
	p := &place{final: make(chan struct{}), known: make(chan struct{}), drained: make(chan struct{})}
	if hotswap() == nil {
		p.toldLocked(true)
	}
	return p
})

// asked is the place, of which hotswap tells.
func asked() *place {
	p := ours()
	p.ask()
	return p
}

// subscription is a request for the place.
type subscription struct {
	conn *connection
	id   uint64 // 0: it is being sent

	drains bool // hotswap knows that this process ends its connections by itself
}

// ask begins to hear of changes. It writes without the lock, which the reader of the connection needs.
func (p *place) ask() {
	c := hotswap()
	p.mu.Lock()
	defer p.mu.Unlock()
	if c == nil || p.asked != nil {
		p.sayDrainsLocked()
		return
	}
	s := &subscription{}
	p.asked, p.seq, p.answered = s, 0, 0
	p.mu.Unlock()
	conn, err := c.connect()
	id := uint64(0)
	if err == nil {
		id = conn.send(op("place").yes("handles"), call{on: func(m *message) { p.hear(s, m) }})
	}
	p.mu.Lock()
	s.conn, s.id = conn, id
	if err != nil {
		p.lostLocked(s)
	}
	p.sayDrainsLocked()
	p.advanceLocked()
}

// sayDrainsLocked says so by a second request, whose events are those of the first.
func (p *place) sayDrainsLocked() {
	if s := p.asked; p.drains && s != nil && s.id != 0 && !s.drains {
		s.drains = true
		p.mu.Unlock()
		s.conn.send(op("place").yes("drains"), call{on: func(*message) {}})
		p.mu.Lock()
	}
}

func (p *place) lostLocked(s *subscription) {
	if p.asked == s {
		p.asked = nil
	}
	p.toldLocked(false)
}

// hear takes an event. It does not block.
func (p *place) hear(s *subscription, m *message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked != s {
		return
	}
	if m.err() != nil {
		again := p.seq != 0 // a connection that was of use is opened again
		p.lostLocked(s)
		if again {
			go p.ask()
		}
		return
	}
	p.seq = m.Seq
	if m.Event == "drained" {
		p.drainedLocked()
		p.advanceLocked()
		return
	}
	if m.State != "starting" {
		p.toldLocked(m.Serving)
	} else if p.episode == 0 {
		p.knownLocked()
	}
	p.limitLocked(m)
	if m.State == "draining" {
		p.finalLocked()
	}
	p.advanceLocked()
}

// end is called at a signal.
func (p *place) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.toldLocked(false)
	p.ended = true
	p.finalLocked()
}

func (p *place) finalLocked() {
	select {
	case <-p.final:
	default:
		close(p.final)
	}
}

func (p *place) drainedLocked() {
	select {
	case <-p.drained:
	default:
		close(p.drained)
	}
}

func (p *place) knownLocked() {
	select {
	case <-p.known:
	default:
		close(p.known)
	}
}

// toldLocked begins a new episode if serving changes.
func (p *place) toldLocked(serving bool) {
	defer p.knownLocked()
	if p.ended || p.episode > 0 && p.serving == serving {
		return
	}
	p.serving = serving
	p.episode++
	if p.cancel != nil {
		p.cancel(errServes)
	}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	p.drained = make(chan struct{})
	p.advanceLocked()
}

// limitLocked has the context end at the time that hotswap gives.
func (p *place) limitLocked(m *message) {
	if p.limit != nil {
		p.limit.Stop()
		p.limit = nil
	}
	if cancel := p.cancel; !p.serving && cancel != nil && m.DeadlineMS != nil && *m.DeadlineMS > 0 {
		p.limit = time.AfterFunc(time.Duration(*m.DeadlineMS*float64(time.Millisecond)), func() { cancel(context.DeadlineExceeded) })
	}
}

func (p *place) add(h *handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handlers = append(p.handlers, h)
	p.advanceLocked()
}

// advanceLocked calls the handlers that are due, and tells hotswap when those of OnDrain have returned. Those
// of OnServe wait for these, but not the other way round, so that one of OnServe that does not return holds up
// nothing.
func (p *place) advanceLocked() {
	if p.episode == 0 || p.serving && p.drainsRun() > 0 {
		return
	}
	for _, h := range p.handlers {
		if h.episode == p.episode || h.serves != p.serving {
			continue
		}
		if h.runs { // since an earlier episode: it is called when it has returned
			continue
		}
		h.episode, h.runs = p.episode, true
		ctx := p.ctx
		go func() {
			h.f(ctx)
			p.mu.Lock()
			defer p.mu.Unlock()
			h.runs = false
			p.advanceLocked()
		}()
	}
	if s := p.asked; s != nil && s.id != 0 && p.drainsRun() == 0 && !p.serving && p.seq > p.answered {
		p.answered = p.seq
		// The reader of the connection is here, too, and must not wait for hotswap to read.
		go s.conn.also(s.id, op("done").number("seq", int64(p.seq)))
	}
}

// drainsRun returns how many functions of OnDrain run.
func (p *place) drainsRun() (n int) {
	for _, h := range p.handlers {
		if h.runs && !h.serves {
			n++
		}
	}
	return n
}
