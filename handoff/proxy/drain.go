package proxy

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Drain observes the connections of a generation.
type Drain struct {
	of      *Proxy
	gen     handoff.GenID
	streams func() bool
	retired atomic.Bool
}

// Drain returns what observes the generation's connections. streams reports whether event streams are to end.
func (p *Proxy) Drain(gen handoff.GenID, streams func() bool) *Drain {
	return &Drain{of: p, gen: gen, streams: streams}
}

// Retire says that the generation does not serve again.
func (d *Drain) Retire() { d.retired.Store(true) }

// Run reports each change until ctx ends.
func (d *Drain) Run(ctx context.Context, report func(handoff.DrainReport)) error {
	for first, last := true, (handoff.DrainReport{}); ; first = false {
		retired := d.retired.Load()
		r := d.of.Report(d.gen, d.streams())
		if r.Retired = retired; r != last || first {
			report(r)
		}
		last = r
		if wait.For(ctx, wait.Look) != nil {
			return nil
		}
	}
}

// Report says how the generation's connections stand now, of which those that are no plain HTTP/1 stay with the generation.
// With end it ends event streams.
func (p *Proxy) Report(gen handoff.GenID, end bool) (r handoff.DrainReport) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for c := range p.conns {
		if c.count(gen, now, &r) && end {
			c.end(false)
		}
	}
	r.Idle, r.Settled = r.Busy == 0, r.Stays == 0
	return r
}

// count adds the connection to the report if its server is of the generation, and reports whether it is an event stream.
func (c *conn) count(gen handoff.GenID, now time.Time, r *handoff.DrainReport) (stream bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil || c.gen != gen || c.closed {
		return false
	}
	r.Connections++
	busy := !c.x.rests()
	if c.x.opaque {
		r.Stays++
		busy = c.mine || now.Sub(c.active) < wait.Person
	}
	if !busy {
		return false
	}
	r.Busy++
	if now.Sub(c.heard) < wait.Flow && !c.mine {
		r.Flowing++
	}
	if c.x.stream {
		r.Streams++
	}
	return c.x.stream
}
