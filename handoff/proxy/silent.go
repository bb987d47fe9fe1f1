package proxy

import "time"

// silent reports since when nobody has sent anything, if no whole request is under way.
func (c *conn) silent() (since time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ok = !c.waits && !c.closed && !c.opaque && len(c.heads) == 0 && c.asks.part == inHead && c.answers.isNew()
	since = c.heard
	if c.asked.After(since) {
		since = c.asked
	}
	return since, ok
}

// room reports whether one more client may come. At the limit room ends the connection that has been silent for the
// longest time, if there is one.
func (p *Proxy) room() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.conns) < p.limit {
		return true
	}
	var longest *conn
	then := time.Now()
	for c := range p.conns {
		if since, ok := c.silent(); ok && since.Before(then) {
			longest, then = c, since
		}
	}
	if longest != nil {
		delete(p.conns, longest)
		longest.end(false)
	}
	return longest != nil
}
