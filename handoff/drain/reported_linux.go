package drain

import "slices"

// noteReported notes which connections their processes tell of.
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
			c.reported, c.answers = told(c, c.local.Port()), told(c, 0)
		}
	}
}
