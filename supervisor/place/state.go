package place

import "github.com/hotswap-dev/hotswap/supervisor/store"

// maxList bounds the keys of an answer.
const maxList = 1000

func (c *conn) store() *store.Store { return c.of.of.cfg.Store }

func (c *conn) get(tx *store.Tx, r *request) error {
	if item, ok := tx.Get(r.Key); ok {
		c.out.begin(r.ID).item(item).end()
	} else {
		c.out.begin(r.ID).truth("missing", true).end()
	}
	return nil
}

func (c *conn) set(tx *store.Tx, r *request) error {
	v, err := r.value()
	if err != nil {
		return err
	}
	n, err := tx.Set(r.Key, v, store.Write{TTL: r.ttl(), IfVersion: r.IfVersion})
	if err == nil {
		c.out.begin(r.ID).number("version", n).end()
	}
	return err
}

func (c *conn) add(tx *store.Tx, r *request) error {
	by := int64(1)
	if r.By != nil {
		by = *r.By
	}
	item, err := tx.Add(r.Key, by)
	if err == nil {
		c.out.begin(r.ID).item(item).end()
	}
	return err
}

func (c *conn) delete(tx *store.Tx, r *request) error {
	deleted, err := tx.Delete(r.Key, r.IfVersion)
	if err == nil {
		c.out.begin(r.ID).truth("deleted", deleted).end()
	}
	return err
}

func (c *conn) list(tx *store.Tx, r *request) error {
	limit, prefix := r.Limit, ""
	if limit == 0 || limit > maxList {
		limit = maxList
	}
	if r.Prefix != nil {
		prefix = *r.Prefix
	}
	a := &c.out
	infos, more := tx.List(prefix, r.After, limit)
	a.begin(r.ID).field("items")
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
	return nil
}
