package proxy

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/accept"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	maxConns = 4096
	spare    = 256 // descriptors for what else hotswap does
)

// Config has what depends on the operating system, and limits.
type Config struct {
	// Free reports whether nobody listens at a port.
	Free func(port int) bool
	// Own returns the addresses at which processes of the tree listen. known is false where the system does not say.
	Own func(tree []int) (at []handoff.Endpoint, known bool)
	// Limit is the most connections at once. 0: as many as descriptors allow, at most 4,096.
	Limit int
}

// Proxy is the socket that hotswap keeps, with the connections of its clients. Any goroutine may call its methods.
type Proxy struct {
	at     handoff.Endpoint // constant
	config Config           // constant
	socket *net.TCPListener // constant
	room   chan struct{}    // has one for each connection
	ended  context.Context  // constant
	end    context.CancelFunc
	tasks  sync.WaitGroup

	serving atomic.Int64 // the generation that gets what is new; 0: clients wait

	mu       sync.Mutex // guards what follows; taken before a connection's
	sessions map[handoff.GenID]*session
	conns    map[*conn]struct{}
	changed  chan struct{} // is closed when serving changes
}

// Listen opens the address. Its clients wait until a generation serves.
func Listen(at handoff.Endpoint, c Config) (*Proxy, error) {
	l, err := at.Listen()
	if err != nil {
		return nil, err
	}
	if c.Limit == 0 {
		c.Limit = limit()
	}
	p := &Proxy{
		at: at, config: c, socket: l.(*net.TCPListener), room: make(chan struct{}, c.Limit),
		sessions: map[handoff.GenID]*session{}, conns: map[*conn]struct{}{}, changed: make(chan struct{}),
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

// accept serves clients while a generation serves. One more may come in that moment, which waits.
func (p *Proxy) accept() {
	for {
		for p.serving.Load() == 0 {
			if wait.On(p.ended, p.change()) != nil {
				return
			}
		}
		select {
		case p.room <- struct{}{}:
		case <-p.ended.Done():
			return
		}
		client, err := accept.Next(p.ended, p.socket.AcceptTCP)
		if err != nil {
			return
		}
		c := newConn(p, client)
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
			<-p.room
		})
	}
}

// change returns what is closed when another generation serves, or none. Whoever waits looks again after this call.
func (p *Proxy) change() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.serving.Load() != 0 {
		return closed
	}
	return p.changed
}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// serve steers what is new to a generation, and what is between two requests away from others.
func (p *Proxy) serve(gen handoff.GenID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serving.Store(int64(gen))
	close(p.changed)
	p.changed = make(chan struct{})
	for c := range p.conns {
		c.leave()
	}
}

// reach connects to the generation that serves, as soon as one does.
func (p *Proxy) reach(ctx context.Context) (server *net.TCPConn, gen handoff.GenID, err error) {
	for {
		gen = handoff.GenID(p.serving.Load())
		if gen == 0 {
			if err := wait.On(ctx, p.change()); err != nil {
				return nil, 0, err
			}
			continue
		}
		if c, err := p.Dial(ctx, gen); err == nil {
			return c.(*net.TCPConn), gen, nil
		}
		if err := wait.For(ctx, wait.Look); err != nil { // it crashes, or restarts itself
			return nil, 0, err
		}
	}
}

// errNoPort says that a generation was given no port, or has ended.
var errNoPort = errors.New("the generation has no port")

// Dial connects to a generation's own port.
func (p *Proxy) Dial(ctx context.Context, gen handoff.GenID) (net.Conn, error) {
	p.mu.Lock()
	s := p.sessions[gen]
	p.mu.Unlock()
	if s == nil {
		return nil, errNoPort
	}
	return dial(ctx, s.port)
}

// dial connects to a port of this machine. A program that listens at localhost may have either address.
func dial(ctx context.Context, port int) (net.Conn, error) {
	var errs []error
	for _, host := range []string{"127.0.0.1", "::1"} {
		d := net.Dialer{Timeout: wait.Reply}
		d.SetMultipathTCP(false)
		c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			return c, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// Cutover steers what is new to the generation, if it listens, and returns the address and how long that took.
func (p *Proxy) Cutover(gen handoff.GenID) ([]handoff.Endpoint, time.Duration) {
	began, at := time.Now(), p.Endpoints(gen)
	if len(at) > 0 && p.serving.Load() != int64(gen) {
		p.serve(gen)
	}
	return at, time.Since(began)
}

// Park has clients of the generation wait for the next one. It reports whether they do.
func (p *Proxy) Park(gen handoff.GenID) bool {
	serves := gen != 0 && p.serving.Load() == int64(gen)
	if serves {
		p.serve(0)
	}
	return serves
}

// GenerationEnded says that no process of the generation is left.
func (p *Proxy) GenerationEnded(gen handoff.GenID) { p.Park(gen) }

// CloseUnserved closes nothing: the address is hotswap's.
func (*Proxy) CloseUnserved() []handoff.Endpoint { return nil }

// Endpoints returns the address if the generation listens at its port.
func (p *Proxy) Endpoints(gen handoff.GenID) []handoff.Endpoint {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.sessions[gen]; s != nil && s.listens {
		return []handoff.Endpoint{p.at}
	}
	return nil
}

// At returns the address at which clients connect.
func (p *Proxy) At() handoff.Endpoint { return p.at }

// Close closes the socket and all connections. All generations have ended; their last answers still reach clients that read.
func (p *Proxy) Close() {
	_ = p.socket.Close()
	p.end()
	late := time.Now().Add(wait.LastAnswers)
	p.mu.Lock()
	for c := range p.conns {
		c.finish(late)
	}
	p.mu.Unlock()
	p.tasks.Wait()
}
