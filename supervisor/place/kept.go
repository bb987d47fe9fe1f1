package place

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/supervisor/kept"
)

// taken is a descriptor that goes out with the answer to a request.
type taken struct {
	id int64
	fd int
}

func (c *conn) keep(r *request) error {
	if r.fd < 0 {
		return errorf(codeBad, "keep needs a descriptor, which comes with the first byte of its line")
	}
	fd := r.fd
	r.fd = -1 // the table owns it
	if err := c.of.of.cfg.Kept.Keep(kept.Descriptor{Name: r.Name, FD: fd}); err != nil {
		return toldOfKept(err)
	}
	c.ok(r)
	return nil
}

func toldOfKept(err error) error {
	switch {
	case errors.Is(err, kept.ErrName):
		return errorf(codeBad, "%v", err)
	case errors.Is(err, kept.ErrFull):
		return errorf(codeFull, "%v", err)
	case errors.Is(err, kept.ErrNone):
		return errorf(codeNotFound, "%v", err)
	}
	return err
}

func (c *conn) take(r *request) error {
	fd, err := c.of.of.cfg.Kept.Take(r.Name)
	if err != nil {
		return toldOfKept(err)
	}
	c.taken = &taken{r.ID, fd}
	return nil
}

// handOut writes the answer that a descriptor goes with, behind all earlier ones. c.writing is held.
func (c *conn) handOut(ctx context.Context) error {
	t := c.taken
	if t == nil {
		return nil
	}
	c.taken = nil
	defer unix.Close(t.fd)
	if err := c.flush(ctx); err != nil {
		return err
	}
	var a answers
	a.begin(t.id).truth("ok", true).end()
	n, _, err := c.sock.WriteMsgUnix(a.buf, unix.UnixRights(t.fd), nil)
	if err == nil && n < len(a.buf) {
		_, err = c.sock.Write(a.buf[n:])
	}
	return err
}

func (c *conn) drop(r *request) error {
	c.out.begin(r.ID).truth("dropped", c.of.of.cfg.Kept.Drop(r.Name)).end()
	return nil
}

func (c *conn) kept(r *request) error {
	a := c.out.begin(r.ID)
	a.field("names")
	a.buf = append(a.buf, '[')
	for i, name := range c.of.of.cfg.Kept.Names() {
		if i > 0 {
			a.buf = append(a.buf, ',')
		}
		a.buf = appendText(a.buf, name)
	}
	a.buf = append(a.buf, ']')
	a.end()
	return nil
}
