package place

import "time"

// version is that of the protocol.
const version = 1

// ops says what each operation does.
var ops map[string]func(*conn, *request) error

func init() {
	ops = map[string]func(*conn, *request) error{
		"hello": (*conn).hello, "cancel": (*conn).cancel,
		"get": (*conn).get, "set": (*conn).set, "add": (*conn).add, "delete": (*conn).delete, "list": (*conn).list,
		"define": (*conn).define, "defined": (*conn).defined, "failed": (*conn).failed, "watch": (*conn).watch,
		"place": (*conn).place, "done": (*conn).done, "ready": (*conn).ready, "extend": (*conn).extend, "status": (*conn).status,
		"lease": (*conn).lease, "release": (*conn).release,
	}
}

// continues says which operations are about an open request.
var continues = map[string]bool{"cancel": true, "defined": true, "failed": true, "done": true, "release": true}

// apply carries a line out, and adds its answer.
func (c *conn) apply(line []byte) {
	r, err := decode(line)
	if err == nil {
		err = c.perform(&r)
	}
	if err != nil {
		c.out.fail(r.ID, told(err))
	}
}

func (c *conn) perform(r *request) error {
	do := ops[r.Op]
	switch {
	case do == nil:
		return errorf(codeBad, "there is no operation %.40q", r.Op)
	case !c.spoken && r.Op != "hello":
		return errorf(codeBad, "hello comes first")
	case !continues[r.Op] && c.find(r.ID) != nil:
		return errorf(codeBad, "request %d is still open", r.ID)
	}
	return do(c, r)
}

func (c *conn) hello(r *request) error {
	if r.Version != version {
		return errorf(codeUnavailable, "this hotswap speaks version %d of the protocol, not %d", version, r.Version)
	}
	c.spoken = true
	c.out.begin(r.ID).number("version", version).number("generation", uint64(c.of.gen)).end()
	return nil
}

func (c *conn) cancel(r *request) error {
	if o := c.find(r.ID); o != nil && c.forget(o) {
		o.drop(false)
	}
	c.out.fail(r.ID, errCanceled)
	return nil
}

var errCanceled = errorf(codeCanceled, "the request was cancelled")

// ok answers that something was done.
func (c *conn) ok(r *request) { c.out.begin(r.ID).truth("ok", true).end() }

func ms(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
