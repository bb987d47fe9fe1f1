package place

import "github.com/hotswap-dev/hotswap/supervisor/store"

// maxList bounds the keys of an answer.
const maxList = 1000

func (c *conn) store() *store.Store { return c.server.cfg.Store }

func (c *conn) get(r *request) error {
	if item, ok := c.store().Get(r.Key); ok {
		c.put(r.ID, itemOf(item))
	} else {
		c.put(r.ID, answer{Missing: true})
	}
	return nil
}

func (c *conn) set(r *request) error {
	v, err := r.value()
	if err != nil {
		return err
	}
	item, err := c.store().Set(r.Key, v, r.ttl(), r.IfVersion)
	if err == nil {
		c.put(r.ID, answer{Version: &item.Version})
		c.server.wakeDefines(r.Key)
	}
	return err
}

func (c *conn) add(r *request) error {
	by := int64(1)
	if r.By != nil {
		by = *r.By
	}
	item, err := c.store().Add(r.Key, by)
	if err == nil {
		c.put(r.ID, itemOf(item))
		c.server.wakeDefines(r.Key)
	}
	return err
}

func (c *conn) delete(r *request) error {
	c.put(r.ID, answer{Deleted: new(c.store().Delete(r.Key))})
	return nil
}

func (c *conn) list(r *request) error {
	infos, more := c.store().List(r.Prefix, r.After, maxList)
	c.put(r.ID, answer{Items: infos, More: more})
	return nil
}
