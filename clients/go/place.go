package hotswap

import (
	"context"
	"os"
	"slices"
	"strconv"
	"sync"
)

// Generation returns the number of the generation that this process belongs to, or 0 without hotswap.
func Generation() int {
	n, _ := strconv.Atoi(os.Getenv("HOTSWAP_GENERATION"))
	return n
}

// OnServe has f called each time this generation begins to get new connections, at once if it gets them already,
// and again if a held generation serves again. f runs in a goroutine of its own, when all functions of [OnDrain] and
// an earlier call of f have returned. No drain waits for f.
func OnServe(f func()) { here().add(&handler{serves: true, f: func(context.Context) { f() }}) }

// OnDrain has f called each time this generation no longer gets new connections. f runs in a goroutine of its own,
// when an earlier call of f has returned. hotswap sends no stop signal before f has returned, but for the end of
// --drain-timeout. Without hotswap f is never called.
//
// A generation that is held may serve again: then the context ends, and a function of [OnServe] opens again what f
// has closed. What f closes after [AwaitDrained], or a program after [Draining], is closed for good.
func OnDrain(f func(context.Context)) { here().add(&handler{f: f}) }

// AwaitDrained waits, in a function of [OnDrain], until no connection of this generation has anything under
// way any more, and reports true then: the generation never serves again, and does not need its database any more.
// AwaitDrained reports false when ctx ends before.
func AwaitDrained(ctx context.Context) bool {
	p := here()
	p.mu.Lock()
	drained := p.drained
	p.mu.Unlock()
	select {
	case <-ctx.Done():
		return false
	case <-drained.Done():
		return ctx.Err() == nil
	}
}

// Draining is closed when this generation drains and does not serve again: the one after it has come through
// its probation, or hotswap stops. It is not closed while the generation is held, nor without hotswap.
//
// A program may then end its connections by itself, for instance by [net/http.Server.Shutdown], and end. hotswap
// sends the stop signal when they are idle: [os/signal.NotifyContext] has the program live on.
func Draining() <-chan struct{} {
	p := here()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.from == nil {
		p.askLocked()
	}
	return p.final.Done()
}

// place is what is known of this generation's place.
type place struct {
	c        *client
	final    context.Context // see Draining
	setFinal context.CancelFunc

	mu       sync.Mutex    // guards the following fields
	from     *subscription // nil: hotswap was not asked, or cannot be reached
	serving  bool
	episode  int // counts the changes of serving; 0: neither OnServe nor OnDrain is due
	handlers []*handler

	ctx        context.Context // of the handlers of this episode
	cancel     context.CancelFunc
	drained    context.Context // ends when this generation has drained in this episode
	setDrained context.CancelFunc
}

type handler struct {
	serves  bool
	f       func(context.Context)
	episode int  // in which it was called last
	runs    bool // it has not returned
}

// subscription is a request for the place.
type subscription struct {
	l             link
	id            uint64
	seq, answered uint64 // of the newest event, and of the newest one that hotswap was told about
}

func newPlace(c *client) *place {
	p := &place{c: c, cancel: func() {}}
	p.final, p.setFinal = context.WithCancel(context.Background())
	p.drained, p.setDrained = context.WithCancel(context.Background())
	return p
}

// here is the place of this process.
var here = sync.OnceValue(func() *place { return newPlace(ours()) })

// askLocked asks, and ends the request before, which hotswap hears later.
func (p *place) askLocked() {
	if old := p.from; old != nil {
		defer old.l.also(old.id, request{Op: "cancel"})
	}
	p.from = nil
	l, err := p.c.link()
	if err != nil {
		p.toldLocked(false)
		return
	}
	s := &subscription{l: l}
	p.from = s
	s.id = l.send(request{Op: "place", Handles: true}, func(m *message) { p.hear(s, m) })
}

// hear takes an event.
func (p *place) hear(s *subscription, m *message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.from != s:
		return
	case m.final() && s.seq != 0: // a connection that was of use is opened again
		p.askLocked()
		return
	case m.final():
		p.from = nil
		p.toldLocked(false)
		return
	}
	s.seq = m.Seq
	switch {
	case m.Event == "drained":
		p.setDrained()
	case m.State != "starting":
		p.toldLocked(m.Serving)
	}
	if m.State == "draining" {
		p.setFinal()
	}
	p.advanceLocked()
}

// toldLocked begins a new episode if serving changes.
func (p *place) toldLocked(serving bool) {
	if p.episode > 0 && p.serving == serving {
		return
	}
	p.serving = serving
	p.episode++
	p.cancel()
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.drained, p.setDrained = context.WithCancel(context.Background())
	p.advanceLocked()
}

func (p *place) add(h *handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.from == nil {
		p.askLocked()
	}
	p.handlers = append(p.handlers, h)
	p.advanceLocked()
}

// advanceLocked calls the handlers that are due, and tells hotswap when those of OnDrain have returned. Those
// of OnServe wait for these, but not the other way round, so that one of OnServe that does not return holds up
// nothing.
func (p *place) advanceLocked() {
	if p.episode == 0 || p.serving && p.drainsRun() {
		return
	}
	for _, h := range p.handlers {
		if h.episode == p.episode || h.serves != p.serving || h.runs { // one that runs is called when it has returned
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
	if s := p.from; s != nil && !p.drainsRun() && !p.serving && s.seq > s.answered {
		s.answered = s.seq
		s.l.also(s.id, request{Op: "done", Seq: s.seq})
	}
}

// drainsRun reports whether a function of OnDrain runs.
func (p *place) drainsRun() bool {
	return slices.ContainsFunc(p.handlers, func(h *handler) bool { return h.runs && !h.serves })
}
