package drain

import "slices"

// noteReported notes of which connections their processes have charge, and of which they only know more.
func (d *Drain) noteReported() {
	if d.cfg.SelfReported == nil {
		return
	}
	type place struct {
		pid  int
		port uint16
	}
	known := make(map[place]bool)
	reports := func(c *conn, port uint16) bool {
		return slices.ContainsFunc(c.holders, func(h holder) bool {
			at := place{h.pid, port}
			yes, ok := known[at]
			if !ok {
				yes = d.cfg.SelfReported(h.pid, port)
				known[at] = yes
			}
			return yes
		})
	}
	for _, c := range d.conns {
		if len(c.holders) == 0 {
			continue // what its process did is still so
		}
		was := c.reported
		c.reported, c.answers = reports(c, c.local.Port()), reports(c, 0)
		if was && !c.reported {
			c.state = connection{} // nobody saw what went on meanwhile
		}
	}
}
