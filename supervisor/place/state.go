package place

import (
	"cmp"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// maxList bounds the keys of an answer.
const maxList = 1000

func (c *conn) store() *store.Store { return c.of.of.cfg.Store }

func (c *conn) get(tx *store.Tx, r *request) error {
	if item, ok := tx.Get(r.Key); ok {
		put(&c.out, itemOf(r.ID, item))
	} else {
		put(&c.out, answer{ID: r.ID, Missing: true})
	}
	return nil
}

func (c *conn) set(tx *store.Tx, r *request) error {
	v, err := r.value()
	if err != nil {
		return err
	}
	item, err := tx.Set(r.Key, v, store.Write{TTL: r.ttl(), IfVersion: r.IfVersion})
	if err == nil {
		put(&c.out, answer{ID: r.ID, Version: &item.Version})
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
		put(&c.out, itemOf(r.ID, item))
	}
	return err
}

func (c *conn) delete(tx *store.Tx, r *request) error {
	deleted, err := tx.Delete(r.Key, r.IfVersion)
	if err == nil {
		put(&c.out, answer{ID: r.ID, Deleted: &deleted})
	}
	return err
}

func (c *conn) list(tx *store.Tx, r *request) error {
	prefix := ""
	if r.Prefix != nil {
		prefix = *r.Prefix
	}
	infos, more := tx.List(prefix, r.After, int(min(cmp.Or(r.Limit, maxList), maxList)))
	put(&c.out, answer{ID: r.ID, Items: infos, More: more})
	return nil
}
