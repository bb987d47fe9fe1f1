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
	// probeEvery is the pause between two looks at whether a probe has been
	// accepted, and between two attempts to connect.
	probeEvery = 10 * time.Millisecond
	// maxProbes bounds the probes of one generation that are under way at once;
	// each has a descriptor. A program may listen on hundreds of addresses and
	// accept on none.
	maxProbes = 16
	// turnFor is how long a probe that is not accepted keeps its turn, if others
	// wait for theirs.
	slotFor = 3 * time.Second
	// closedEvery is the pause between two looks at whether there is still a
	// listener to wait for.
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

// pool are the turns of one generation's probes.
type pool struct {
	slots   chan struct{}
	waiting atomic.Int32 // for a turn
	probes  int          // guarded by the Prober's mutex; at 0 the pool goes
}

// NewProber returns a Prober for the registry's gates.
func NewProber(r *Registry) *Prober {
	return &Prober{registry: r, slotFor: slotFor, pools: map[handoff.GenID]*pool{}}
}

// Probe returns nil when the generation has accepted a connection on the endpoint:
// a connection of ours, from a client port that alone is steered to the
// generation's gate. It carries nothing and is closed after. A program that
// was handed its socket, and so never calls listen, shows that way that it
// serves.
//
// Probe returns [ErrListenerClosed] when the program has closed its
// listener; else an error is that of ctx or of the system. While as many probes of
// the generation as are allowed are not accepted, a further one waits for its turn.
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

// knock is one connection of the probe, whose turn it ends. again: the queue was full,
// or the program has closed the listener that the connection went to, and has
// another one.
//
// Where others wait for their turn the client's side is closed after a while. The
// server's side stays in the queue (CLOSE_WAIT), and the kernel tells whether it is
// still there: so each listener gets one connection, however long it takes.
func (p *Prober) attempt(ctx context.Context, own *pool, gen handoff.GenID, e handoff.Endpoint) (again bool, err error) {
	began := time.Now()
	release := sync.OnceFunc(func() { <-own.slots })
	defer release()
	turn, cancel := context.WithTimeout(ctx, p.slotFor)
	defer cancel()
	fd, conn, err := dialUntilCertain(turn, p.registry, gen, e, true)
	if err != nil {
		return errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil, err
	}
	hangUp := sync.OnceFunc(func() { _ = unix.Close(fd) })
	defer hangUp()
	longest := probeEvery
	for wait := time.Millisecond; ; wait = min(2*wait, longest) {
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
		if err := pause(ctx, wait); err != nil {
			return false, err
		}
	}
}

// turn waits until the probe may begin.
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
