package place

import "slices"

// version is that of the protocol.
const version = 1

// ops says what each operation does.
var ops = map[string]func(*conn, *request) error{
	"hello": (*conn).hello, "cancel": (*conn).cancel,
	"get": (*conn).get, "set": (*conn).set, "add": (*conn).add, "delete": (*conn).delete, "list": (*conn).list,
	"define": (*conn).define, "defined": (*conn).defined, "failed": (*conn).failed,
	"place": (*conn).place, "done": (*conn).done,
	"lease": (*conn).lease, "release": (*conn).release,
}

var (
	// continues has the operations that are about an open request.
	continues = []string{"cancel", "defined", "failed", "done", "release"}
	// keeps has those that keep something in this hotswap that the next one would not have.
	keeps    = []string{"set", "add", "define", "lease"}
	needsKey = []string{"get", "set", "add", "delete", "define"}
)

// apply does what a request asks for. Its answer is in c.out, unless apply returns an error.
func (c *conn) apply(r *request) error {
	do := ops[r.Op]
	switch {
	case do == nil:
		return errorf(codeBad, "there is no operation %.40q", r.Op)
	case !c.spoken && r.Op != "hello":
		return errorf(codeBad, "hello comes first")
	case !slices.Contains(continues, r.Op) && c.find(r.ID) != nil:
		return errorf(codeBad, "request %d is still open", r.ID)
	case slices.Contains(needsKey, r.Op) && r.Key == "":
		return errorf(codeBad, "%s needs a key", r.Op)
	}
	s := c.server
	s.keeping.RLock()
	defer s.keeping.RUnlock()
	if s.closed && slices.Contains(keeps, r.Op) {
		return errorf(codeUnavailable, "another hotswap takes over")
	}
	return do(c, r)
}

func (c *conn) hello(r *request) error {
	if r.Version != version {
		return errorf(codeUnavailable, "this hotswap speaks version %d of the protocol, not %d", version, r.Version)
	}
	c.spoken = true
	c.put(r.ID, answer{Version: new(uint64(version))})
	return nil
}

func (c *conn) cancel(r *request) error {
	if o := c.find(r.ID); o != nil {
		c.finish(o, false)
	}
	return errorf(codeCanceled, "the request was cancelled")
}
