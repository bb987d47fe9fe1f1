package proxy

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Report says how the generation's connections stand now, of which those that are no plain HTTP/1 stay with the
// generation.
func (p *Proxy) Report(gen handoff.GenID) (r handoff.DrainReport) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for c := range p.conns {
		c.count(gen, now, &r)
	}
	r.Settled = r.Stays == 0
	return r
}

// EndStreams ends the generation's event streams.
func (p *Proxy) EndStreams(gen handoff.GenID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if c.count(gen, time.Now(), new(handoff.DrainReport)) {
			c.end(false)
		}
	}
}

// count adds the connection to the report if its server is of the generation, and reports whether it is an event
// stream.
func (c *conn) count(gen handoff.GenID, now time.Time, r *handoff.DrainReport) (stream bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil || c.gen != gen || c.closed {
		return false
	}
	r.Connections++
	busy := !c.rests()
	if c.opaque {
		r.Stays++
		busy = c.asked.After(c.heard) || now.Sub(c.heard) < wait.Person
	}
	if !busy {
		return false
	}
	r.Busy++
	// an upload
	if now.Sub(c.heard) < wait.Flow && !c.asked.After(c.heard) || now.Sub(c.asked) < wait.Flow &&
		c.asks.part != inHead {
		r.Flowing++
	}
	if c.stream {
		r.Streams++
	}
	return c.stream
}
