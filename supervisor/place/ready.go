package place

import (
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

// maxStatus bounds a program's text about itself, in bytes.
const maxStatus = 1 << 10

// ready says that the generation can serve.
func (c *conn) ready(r *request) error {
	if c.of.of.cfg.Ready {
		c.of.report(handoff.Ready{Gen: c.of.gen, By: "notify"})
	}
	c.ok(r)
	return nil
}

// extend asks for more time to become ready.
func (c *conn) extend(r *request) error {
	if r.MS == 0 {
		return errorf(codeBad, "extend needs ms")
	}
	c.of.report(handoff.ExtendTimeout{Gen: c.of.gen, By: ms(r.MS)})
	c.ok(r)
	return nil
}

// status has a text shown to people.
func (c *conn) status(r *request) error {
	c.of.report(handoff.Status{Gen: c.of.gen, Text: plain.Short(r.Text, maxStatus)})
	c.ok(r)
	return nil
}
