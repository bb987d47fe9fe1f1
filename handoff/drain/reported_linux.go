package drain

import "slices"

// noteReported notes of which connections their processes have charge, and which only tell how much is under way.
func (d *Drain) noteReported() {
	if d.cfg.SelfReported == nil {
		return
	}
	type place struct {
		pid  int
		port uint16
	}
	known := make(map[place]bool)
	told := func(c *conn, port uint16) bool {
		return slices.ContainsFunc(c.holders, func(h holder) bool {
			at := place{h.pid, port}
			told, ok := known[at]
			if !ok {
				told = d.cfg.SelfReported(h.pid, port)
				known[at] = told
			}
			return told
		})
	}
	for _, c := range d.conns {
		if len(c.holders) > 0 { // else what its process did is still so
			was := c.reported
			c.reported, c.answers = told(c, c.local.Port()), told(c, 0)
			if was && !c.reported {
				c.state = connection{} // what went on meanwhile was not seen
			}
		}
	}
}
