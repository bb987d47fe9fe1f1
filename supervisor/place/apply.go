package place

import (
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// version is that of the protocol.
const version = 1

// ops says what each operation does, but for those of stateOps.
var ops map[string]func(*conn, *request) error

func init() {
	ops = map[string]func(*conn, *request) error{
		"hello": (*conn).hello, "cancel": (*conn).cancel,
		"define": (*conn).define, "failed": (*conn).failed, "watch": (*conn).watch,
		"place": (*conn).place, "done": (*conn).done, "ready": (*conn).ready,
		"lease": (*conn).lease, "release": (*conn).release,
	}
}

// stateOps are the operations that read or write keys.
var stateOps = map[string]func(*conn, *store.Tx, *request) error{
	"get": (*conn).get, "set": (*conn).set, "add": (*conn).add, "delete": (*conn).delete, "list": (*conn).list,
	"defined": (*conn).defined,
}

// continues says which operations are about an open request.
var continues = map[string]bool{"cancel": true, "defined": true, "failed": true, "done": true, "release": true}

var needsKey = map[string]bool{"get": true, "set": true, "add": true, "delete": true, "define": true}

// apply does what requests ask for, and writes the answers. The changes of keys by consecutive requests become
// durable together.
func (c *conn) apply(all []request) error {
	for len(all) > 0 {
		n := 0
		if stateOps[all[0].Op] == nil {
			n = 1
			c.perform(&all[0], func(r *request) error { return ops[r.Op](c, r) })
		} else {
			n = c.applyState(all)
		}
		if all = all[n:]; c.out.Len() >= maxBatch {
			if err := c.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// applyState applies the first requests, which read or write keys, and returns their number.
func (c *conn) applyState(all []request) (n int) {
	begin := c.out.Len()
	err := c.store().Do(func(tx *store.Tx) {
		for ; n < len(all) && stateOps[all[n].Op] != nil && c.out.Len() < maxBatch; n++ {
			c.perform(&all[n], func(r *request) error { return stateOps[r.Op](c, tx, r) })
		}
	})
	if err != nil {
		c.out.Truncate(begin)
	}
	for _, r := range all[:n] {
		if err != nil {
			put(&c.out, failure(r.ID, err))
		}
		c.endTurn(r.ID)
	}
	return n
}

// perform does what a request asks for, and adds the error if there is one.
func (c *conn) perform(r *request, do func(*request) error) {
	err := r.wrong
	switch {
	case err != nil:
	case ops[r.Op] == nil && stateOps[r.Op] == nil:
		err = errorf(codeBad, "there is no operation %.40q", r.Op)
	case !c.spoken && r.Op != "hello":
		err = errorf(codeBad, "hello comes first")
	case !continues[r.Op] && c.find(r.ID) != nil:
		err = errorf(codeBad, "request %d is still open", r.ID)
	case needsKey[r.Op] && r.Key == "":
		err = errorf(codeBad, "%s needs a key", r.Op)
	default:
		err = do(r)
	}
	if err != nil {
		put(&c.out, failure(r.ID, err))
	}
}

func (c *conn) hello(r *request) error {
	if r.Version != version {
		return errorf(codeUnavailable, "this hotswap speaks version %d of the protocol, not %d", version, r.Version)
	}
	c.greeted()
	put(&c.out, answer{ID: r.ID, Version: new(uint64(version)), Generation: int(c.of.gen)})
	return nil
}

func (c *conn) cancel(r *request) error {
	if o := c.find(r.ID); o != nil && c.forget(o) {
		o.drop(false)
	}
	return errorf(codeCanceled, "the request was cancelled")
}

// ready says that the generation can serve.
func (c *conn) ready(r *request) error {
	if c.of.of.cfg.Ready {
		c.of.report(handoff.Ready{Gen: c.of.gen, By: "notify"})
	}
	put(&c.out, answer{ID: r.ID, OK: true})
	return nil
}
