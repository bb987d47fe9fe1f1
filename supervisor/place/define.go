package place

import (
	"cmp"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// defineRequest waits for a key to be set, or for its turn to define the key: the first one of Server.defines has it.
type defineRequest struct {
	numbered
	key string
	ttl time.Duration

	runs bool // its client was told to run the initializer; conn.writing guards it
}

func (c *conn) define(r *request) error {
	d := &defineRequest{numbered: numbered{r.ID, c}, key: r.Key, ttl: r.ttl()}
	if err := c.store().Check(d.key); err != nil {
		return err
	}
	if err := c.begin(d); err != nil {
		return err
	}
	s := c.server
	s.mu.Lock()
	s.defines[d.key] = append(s.defines[d.key], d)
	s.mu.Unlock()
	c.mark(d)
	return nil
}

func (d *defineRequest) say() (over bool) {
	if d.runs { // it is answered when it has ended, also if the key is set meanwhile
		return false
	}
	s := d.c.server
	s.mu.Lock() // before the key is looked at: what the one before has defined is there when its turn ends
	all := s.defines[d.key]
	turn := len(all) > 0 && all[0] == d // none is left if the connection has just ended
	s.mu.Unlock()
	if item, ok := d.c.store().Get(d.key); ok {
		d.put(itemOf(item))
		return true
	}
	if turn {
		d.runs = true
		d.put(answer{Run: true})
	}
	return false
}

// wakeDefines says to those who wait for a key that it has been set.
func (s *Server) wakeDefines(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.defines[key] {
		d.c.mark(d)
	}
}

// dropLocked passes the turn on.
func (d *defineRequest) dropLocked(bool) {
	s := d.c.server
	all := slices.DeleteFunc(s.defines[d.key], func(other *defineRequest) bool { return other == d })
	s.defines[d.key] = all
	if len(all) == 0 {
		delete(s.defines, d.key)
		return
	}
	all[0].c.mark(all[0])
}

// initializerOf returns the open request of which the client runs the initializer.
func (c *conn) initializerOf(r *request) (*defineRequest, error) {
	d, ok := c.find(r.ID).(*defineRequest)
	if !ok || !d.runs {
		return nil, errorf(codeBad, "request %d has not been told to run an initializer", r.ID)
	}
	return d, nil
}

// defined sets the key, unless it was set meanwhile.
func (c *conn) defined(r *request) error {
	v, err := r.value()
	if err != nil {
		return err
	}
	d, err := c.initializerOf(r)
	if err != nil {
		return err
	}
	defer c.finish(d, false)
	item, err := c.store().Set(d.key, v, d.ttl, new(uint64(0)))
	if err != nil && err != store.ErrVersion {
		return err
	}
	c.put(r.ID, itemOf(item))
	return nil
}

// maxReason bounds a client's words about a failure, in bytes.
const maxReason = 1 << 10

func (c *conn) failed(r *request) error {
	d, err := c.initializerOf(r)
	if err != nil {
		return err
	}
	c.finish(d, false)
	return errorf(codeFailed, "%s", cmp.Or(plain.Short(r.Error, maxReason), "the initializer failed"))
}
