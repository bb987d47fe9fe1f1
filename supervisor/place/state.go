package place

import "github.com/hotswap-dev/hotswap/supervisor/store"

// maxList bounds the keys of an answer.
const maxList = 1000

func (c *conn) store() *store.Store { return c.of.of.cfg.Store }

func (c *conn) get(r *request) error {
	if err := r.needsKey(); err != nil {
		return err
	}
	begin := len(c.out.buf)
	item, ok := c.store().Get(r.Key)
	if ok {
		c.out.begin(r.ID).item(item).end()
	} else {
		c.out.begin(r.ID).truth("missing", true).end()
	}
	c.out.durable(r.ID, begin)
	return nil
}

func (c *conn) set(r *request) error {
	if err := r.needsKey(); err != nil {
		return err
	}
	v, err := r.value()
	if err != nil {
		return err
	}
	n, err := c.store().Set(r.Key, v, store.Write{TTL: r.ttl(), IfVersion: r.IfVersion})
	if err != nil {
		return err
	}
	begin := len(c.out.buf)
	c.out.begin(r.ID).number("version", n).end()
	c.out.durable(r.ID, begin)
	return nil
}

func (c *conn) add(r *request) error {
	if err := r.needsKey(); err != nil {
		return err
	}
	by := int64(1)
	if r.By != nil {
		by = *r.By
	}
	item, err := c.store().Add(r.Key, by)
	if err != nil {
		return err
	}
	begin := len(c.out.buf)
	c.out.begin(r.ID).item(item).end()
	c.out.durable(r.ID, begin)
	return nil
}

func (c *conn) delete(r *request) error {
	if err := r.needsKey(); err != nil {
		return err
	}
	deleted, err := c.store().Delete(r.Key, r.IfVersion)
	if err != nil {
		return err
	}
	begin := len(c.out.buf)
	c.out.begin(r.ID).truth("deleted", deleted).end()
	c.out.durable(r.ID, begin)
	return nil
}

func (c *conn) list(r *request) error {
	limit, prefix := r.Limit, ""
	if limit == 0 || limit > maxList {
		limit = maxList
	}
	if r.Prefix != nil {
		prefix = *r.Prefix
	}
	infos, more := c.store().List(prefix, r.After, limit)
	begin := len(c.out.buf)
	c.out.list(r.ID, infos, more)
	c.out.durable(r.ID, begin)
	return nil
}

// list adds the answer to list.
func (a *answers) list(id int64, infos []store.Info, more bool) {
	a.begin(id).field("items")
	a.buf = append(a.buf, '[')
	for i, info := range infos {
		if i > 0 {
			a.buf = append(a.buf, ',')
		}
		a.begin(0).text("key", info.Key).number("version", info.Version).number("size", uint64(info.Size))
		a.buf = append(a.buf, '}')
	}
	a.buf = append(a.buf, ']')
	if more {
		a.truth("more", true)
	}
	a.end()
}
