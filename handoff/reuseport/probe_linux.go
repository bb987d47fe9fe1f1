package reuseport

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

const (
	// probeEvery is the longest pause between two looks at whether a probe has been accepted, and the pause
	// between two attempts to connect.
	probeEvery = 10 * time.Millisecond
	// maxProbes bounds the connections of one generation's probes, because a program may listen on hundreds
	// of addresses and accept on none.
	maxProbes = 16
	// slotFor is how long a probe that is not accepted keeps its slot if others wait.
	slotFor = 3 * time.Second
	// closedEvery is the pause between two looks at whether there is still a listener.
	closedEvery = 100 * time.Millisecond
)

// Prober finds out when a generation serves an endpoint.
type Prober struct {
	registry *Registry
	kernel   SystemKernel
	slotFor  time.Duration // constant

	mu    sync.Mutex // guards pools
	pools map[handoff.GenID]*pool
}

// pool has the slots for one generation's probes.
type pool struct {
	slots   chan struct{}
	waiting atomic.Int32 // probes that wait for a slot
	probes  int          // guarded by the Prober's mutex; at 0 the pool is removed
}

// NewProber returns a Prober for the registry's gates.
func NewProber(r *Registry) *Prober {
	return &Prober{registry: r, slotFor: slotFor, pools: map[handoff.GenID]*pool{}}
}

// Probe returns nil when the generation has accepted a connection of hotswap on the endpoint. The connection
// carries nothing and is closed. It returns [ErrListenerClosed] when the program has closed its listener;
// other errors are those of ctx or the system.
func (p *Prober) Probe(ctx context.Context, gen handoff.GenID, e handoff.Endpoint) error {
	own := p.join(gen)
	defer p.leave(gen, own)
	for {
		if err := p.acquire(ctx, own, gen, e); err != nil {
			return err
		}
		if again, err := p.attempt(ctx, own, gen, e); !again {
			return err
		}
	}
}

func (p *Prober) join(gen handoff.GenID) *pool {
	p.mu.Lock()
	defer p.mu.Unlock()
	own := p.pools[gen]
	if own == nil {
		own = &pool{slots: make(chan struct{}, maxProbes)}
		p.pools[gen] = own
	}
	own.probes++
	return own
}

func (p *Prober) leave(gen handoff.GenID, own *pool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if own.probes--; own.probes == 0 {
		delete(p.pools, gen)
	}
}

// attempt makes one connection and releases the probe's slot. again says that the queue was full, or that the
// program has closed the listener of the connection and has another.
//
// If other probes wait for a slot, attempt closes the client's side after a while. The server's side stays in
// the queue (CLOSE_WAIT) and the kernel tells whether it is accepted. So each listener gets one connection,
// however long it takes.
func (p *Prober) attempt(ctx context.Context, own *pool, gen handoff.GenID, e handoff.Endpoint) (again bool, err error) {
	began := time.Now()
	release := sync.OnceFunc(func() { <-own.slots })
	defer release()
	slot, cancel := context.WithTimeout(ctx, p.slotFor)
	defer cancel()
	fd, conn, err := dialUntilCertain(slot, p.registry, gen, e, true)
	if err != nil {
		return errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil, err
	}
	hangUp := sync.OnceFunc(func() { _ = unix.Close(fd) })
	defer hangUp()
	if err := p.settle(ctx, fd, conn); err != nil {
		return false, err
	}
	longest := probeEvery
	for waited := time.Now(); ; {
		if queued, err := p.kernel.Queued(conn); err != nil || !queued {
			return false, err
		}
		switch {
		case p.registry.Closed(gen, e):
			return false, ErrListenerClosed
		case p.registry.ProbeOrphaned(gen, e, conn):
			return true, nil
		case own.waiting.Load() > 0 && time.Since(began) >= p.slotFor:
			hangUp()
			release()
			longest = closedEvery
		}
		// An eighth of the wait so far: a save waits for the look behind the accept.
		if err := pause(ctx, min(max(time.Millisecond, time.Since(waited)/8), longest)); err != nil {
			return false, err
		}
	}
}

// settle waits until the handshake is over for the server's side too. Until its last ACK has arrived the
// connection is not queued, as if it had been accepted. On loopback the kernel delivers that ACK within
// connect(2), but a listener that waits for data (TCP_DEFER_ACCEPT, which Bun sets right behind listen(2))
// drops it. So settle ends the client's data, which will do (tcp_check_req drops a bare ACK only).
func (p *Prober) settle(ctx context.Context, fd int, conn Conn) error {
	ended := false
	for end := time.Now().Add(handshake); time.Now().Before(end); {
		if underWay, err := p.kernel.UnderWay(conn); err != nil || !underWay {
			return nil
		}
		if !ended {
			_ = unix.Shutdown(fd, unix.SHUT_WR) // if it fails, handshake bounds the wait
			ended = true
			continue
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// acquire waits for a slot.
func (p *Prober) acquire(ctx context.Context, own *pool, gen handoff.GenID, e handoff.Endpoint) error {
	own.waiting.Add(1)
	defer own.waiting.Add(-1)
	look := time.NewTicker(closedEvery)
	defer look.Stop()
	for {
		select {
		case own.slots <- struct{}{}:
			return nil
		case <-look.C:
			if p.registry.Closed(gen, e) {
				return ErrListenerClosed
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
