package proxy

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Report says how the connections of a generation stand.
type Report struct {
	Connections int
	Busy        int  // of these, with a request under way, as far as is known
	Streams     int  // of the busy ones, event streams
	Flowing     int  // of the busy ones, those of which the client got something within the last 15 s
	Opaque      int  // that are no plain HTTP/1, and stay with the generation
	Retired     bool // see Drain.Retire
}

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
func (d *Drain) Run(ctx context.Context, report func(Report)) error {
	for first, last := true, (Report{}); ; first = false {
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

// Report says how the generation's connections stand now. With end it ends event streams.
func (p *Proxy) Report(gen handoff.GenID, end bool) (r Report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for c := range p.conns {
		if c.count(gen, now, &r) && end {
			c.end(false)
		}
	}
	return r
}

// count adds the connection to the report if its server is of the generation, and reports whether it is an event stream.
func (c *conn) count(gen handoff.GenID, now time.Time, r *Report) (stream bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil || c.gen != gen || c.closed {
		return false
	}
	r.Connections++
	busy := !c.x.rests()
	if c.x.opaque {
		r.Opaque++
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
