package proxy

import "time"

const headsMost = 8 << 20 // bytes of all unfinished heads

// silent reports since when nobody has sent anything, and how much of a head there is, if no whole request is under way.
func (c *conn) silent() (since time.Time, head int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ok = !c.waits && !c.closed && !c.x.opaque && len(c.x.heads) == 0 && c.x.asks.part == inHead && c.x.answers.isNew()
	if since = c.heard; c.asked.After(since) {
		since = c.asked
	}
	return since, c.x.asks.size, ok
}

// endSilent ends the connection that has been silent for the longest time, of those that have been since then and have at
// least so much of a head. It reports whether there is one.
func (p *Proxy) endSilent(then time.Time, head int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	var longest *conn
	for c := range p.conns {
		if since, n, ok := c.silent(); ok && n >= head && since.Before(then) {
			longest, then = c, since
		}
	}
	if longest != nil {
		delete(p.conns, longest)
		longest.end(false)
	}
	return longest != nil
}
