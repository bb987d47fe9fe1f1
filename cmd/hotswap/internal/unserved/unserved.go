package unserved

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// most is how many clients are accepted at the same time. Each costs a descriptor, and two when it is passed on.
const most = 256

// Config says where clients come from, and where they go.
type Config struct {
	Accept func(limit int, may func([]sockdiag.Name) bool) (fds []int) // of reuseport.Registry: AcceptUnserved
	Room   func() int                                                  // how many clients Pass takes now
	Pass   func(fd int, path string) bool                              // of relay.Relay
	Token  string                                                      // that who may see the page has; nobody can guess it
}

// Page shows why nothing serves. Its methods never wait for a client. The zero value of *Page shows nothing.
type Page struct {
	cfg Config

	accepting sync.Mutex // one goroutine accepts at a time, so that the limit is kept
	held      atomic.Int32
	all       sync.WaitGroup // the goroutines

	mu      sync.Mutex            // guards what follows
	reason  *reason               // of the newest failure that was shown; nil: none was
	failure *report.FailureStatus // that is shown; nil: nobody is accepted
	stop    context.CancelFunc    // ends accepting
	phase   context.Context       // ends when a generation serves, or at the end; nil: nobody waits
	over    context.CancelFunc    // ends phase
	closed  bool
}

// New returns a page that is not shown yet.
func New(c Config) *Page { return &Page{cfg: c} }

// Publish evaluates a status, and reports whether the page says something else from now on. It runs in the supervisor's
// loop, after a cutover.
func (p *Page) Publish(st *report.Status) (other bool) {
	f := failed(st)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || f == p.failure && st.Generation == 0 {
		return false
	}
	if p.failure != nil {
		p.stop()
	}
	if st.Generation != 0 && p.phase != nil {
		p.over() // all who wait are passed on
		p.phase = nil
	}
	if p.failure = f; f != nil {
		r := newReason(f)
		other = p.reason == nil || r.id != p.reason.id
		p.showLocked(r)
	}
	return other
}

// showLocked has clients accepted.
func (p *Page) showLocked(r *reason) {
	p.reason = r
	if p.phase == nil {
		p.phase, p.over = context.WithCancel(context.Background())
	}
	phase := p.phase
	ctx, stop := context.WithCancel(phase)
	p.stop = stop
	p.all.Go(func() { p.accept(ctx, phase) })
}

// Close closes the connections of all who wait.
func (p *Page) Close() {
	p.mu.Lock()
	p.closed = true
	if p.phase != nil {
		p.over()
	}
	p.mu.Unlock()
	p.all.Wait()
}

// accept accepts clients until ctx ends. They wait until phase ends.
func (p *Page) accept(ctx, phase context.Context) {
	for ctx.Err() == nil {
		p.accepting.Lock()
		for _, fd := range p.cfg.Accept(min(most, p.cfg.Room())-int(p.held.Load()), ofUser) {
			p.held.Add(1)
			p.all.Go(func() {
				defer p.held.Add(-1)
				p.attend(phase, fd)
			})
		}
		p.accepting.Unlock()
		_ = wait.For(ctx, 5*wait.Look) // soon for a person
	}
}

// last returns what was shown last; and whether it is shown now.
func (p *Page) last() (r *reason, now bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason, p.failure != nil
}
