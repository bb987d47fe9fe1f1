package proxy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/accept"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	maxConns = 4096
	spare    = 256 // descriptors for what else hotswap does
)

// Config has what depends on the operating system.
type Config struct {
	// Free reports whether nobody listens at a port.
	Free func(port int) bool
	// Own returns the addresses at which processes of the tree listen, and the names of these sockets. known is false
	// where the system does not say.
	Own func(tree []int) (at []handoff.Endpoint, sockets []uint64, known bool)
	// Answers returns the name of the socket that answers at an address; 0: there is none, or sockets have no names
	// here. others says that it is another user's.
	Answers func(at netip.AddrPort) (socket uint64, others bool)
}

// Proxy is the socket that hotswap keeps, with the connections of its clients. Any goroutine may call its methods.
type Proxy struct {
	at     handoff.Endpoint // constant
	Config                  // constant
	socket *net.TCPListener // constant
	ended  context.Context  // constant
	end    context.CancelFunc
	tasks  sync.WaitGroup

	served  atomic.Bool  // a generation has
	serving atomic.Int64 // the generation that gets what is new; 0: clients wait
	waiting atomic.Int64 // clients that were accepted and wait for a generation

	mu       sync.Mutex // guards what follows; taken before a connection's
	limit    int        // the most connections at once
	sessions map[handoff.GenID]*session
	conns    map[*conn]struct{}
	changed  wait.Change // of serving, or that a generation is found to listen again
}

// Listen opens the address. Its clients wait until a generation serves.
func Listen(at handoff.Endpoint, c Config) (*Proxy, error) {
	l, err := at.Listen()
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		at: at, Config: c, socket: l.(*net.TCPListener), limit: limit(),
		sessions: map[handoff.GenID]*session{}, conns: map[*conn]struct{}{},
	}
	p.ended, p.end = context.WithCancel(context.Background())
	p.tasks.Go(p.accept)
	return p, nil
}

// limit returns how many connections hotswap's descriptors are enough for, each of which takes two.
func limit() int {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) != nil || r.Cur > spare+2*maxConns {
		return maxConns
	}
	return max(1, int(r.Cur-spare)/2)
}

// accept serves clients while a generation serves, and before the first one does. One more may come in that moment,
// which waits.
func (p *Proxy) accept() {
	for {
		gen, changed := p.target()
		if gen == 0 && p.served.Load() {
			if wait.On(p.ended, changed) != nil {
				return
			}
			continue
		}
		client, err := accept.Next(p.ended, p.socket.AcceptTCP)
		if err != nil {
			return
		}
		for !p.room() && wait.For(p.ended, wait.Poll) == nil { // all are in the middle of a request
		}
		c := &conn{of: p, client: client, heard: time.Now()}
		c.ctx, c.over = context.WithCancel(p.ended)
		c.moved.L = &c.mu
		p.mu.Lock()
		p.conns[c] = struct{}{}
		p.mu.Unlock()
		if p.ended.Err() != nil { // Close does not know it
			c.finish(time.Now())
		}
		p.tasks.Go(func() {
			c.run()
			p.mu.Lock()
			delete(p.conns, c)
			p.mu.Unlock()
		})
	}
}

// target returns the generation that gets what is new, or what is closed when that may be another one. 0: clients wait.
func (p *Proxy) target() (handoff.GenID, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gen := handoff.GenID(p.serving.Load())
	if s := p.sessions[gen]; s == nil || s.listener.Load() == nil {
		gen = 0
	}
	return gen, p.changed.Next()
}

// serveLocked steers what is new to a generation, and what is between two requests away from others.
func (p *Proxy) serveLocked(gen handoff.GenID) {
	p.serving.Store(int64(gen))
	p.changed.Now()
	for c := range p.conns {
		c.mu.Lock()
		c.leaveLocked()
		c.mu.Unlock()
	}
}

// reach connects to the generation that serves, as soon as one does and listens.
func (p *Proxy) reach(ctx context.Context) (server *net.TCPConn, gen handoff.GenID, err error) {
	for ctx.Err() == nil {
		gen, changed := p.target()
		if gen == 0 {
			p.waiting.Add(1)
			_ = wait.On(ctx, changed)
			p.waiting.Add(-1)
		} else if c, err := p.Dial(ctx, gen, p.at); err == nil { // else it crashes, or restarts itself
			return c.(*net.TCPConn), gen, nil
		}
	}
	return nil, 0, ctx.Err()
}

// errNoPort says that a generation was given no port, does not listen there now, or has ended.
var errNoPort = errors.New("the generation has no port")

// Dial connects to a generation's own socket, which the proxy's address stands for, and to nobody else. If that fails,
// the generation is looked at anew.
func (p *Proxy) Dial(ctx context.Context, gen handoff.GenID, _ handoff.Endpoint) (net.Conn, error) {
	p.mu.Lock()
	s := p.sessions[gen]
	p.mu.Unlock()
	var l *listener
	if s != nil {
		l = s.listener.Load()
	}
	if l == nil {
		return nil, errNoPort
	}
	c, err := p.dial(ctx, *l)
	if err != nil && ctx.Err() == nil && s.listener.CompareAndSwap(l, nil) {
		s.lost <- struct{}{}
	}
	return c, err
}

// Cutover steers what is new to the generation, if it listens, and returns the address and how long that took.
func (p *Proxy) Cutover(gen handoff.GenID) ([]handoff.Endpoint, time.Duration) {
	began, at := time.Now(), p.Endpoints(gen)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(at) > 0 && p.serving.Load() != int64(gen) {
		p.served.Store(true)
		p.serveLocked(gen)
	}
	return at, time.Since(began)
}

// Queue has clients of the generation, which may have ended, wait for the next one. It reports whether they do.
func (p *Proxy) Queue(gen handoff.GenID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	serves := gen != 0 && p.serving.Load() == int64(gen)
	if serves {
		p.serveLocked(0)
	}
	return serves
}

// CloseUnserved closes nothing: the address is hotswap's.
func (*Proxy) CloseUnserved() {}

// Endpoints returns the address if the generation listens at its port.
func (p *Proxy) Endpoints(gen handoff.GenID) []handoff.Endpoint {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.sessions[gen]; s != nil && s.listens {
		return []handoff.Endpoint{p.at}
	}
	return nil
}

// Queues calls each for the proxy's socket, whose descriptor it owns, and reports whether a client waits that was
// accepted.
func (p *Proxy) Queues(each func(e handoff.Endpoint, fd int)) (waits bool) {
	each(p.at, rights.FD(p.socket))
	return p.waiting.Load() > 0
}

// Close closes the socket and all connections. All generations have ended; their last answers still reach clients that
// read.
func (p *Proxy) Close() {
	p.socket.Close()
	p.end()
	late := time.Now().Add(wait.LastAnswers)
	p.mu.Lock()
	for c := range p.conns {
		c.finish(late)
	}
	p.mu.Unlock()
	p.tasks.Wait()
}
