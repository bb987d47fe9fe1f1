package child

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// client is the backend that hotswap is.
type client struct {
	path  string
	short chan struct{} // has a token for each request that is answered at once

	dialing sync.Mutex
	conn    atomic.Pointer[connection] // nil: it is not open yet
}

// maxShort bounds the open requests that are answered at once. It is less than what hotswap takes of a
// connection (4,096), because watches and leases stay open.
const maxShort = 2048

func newClient(path string) *client {
	return &client{path: path, short: make(chan struct{}, maxShort)}
}

// connect opens the connection at the first request, and after the last one has ended.
func (c *client) connect() (*connection, error) {
	if conn := c.conn.Load(); conn != nil && !conn.dead.Load() {
		return conn, nil
	}
	c.dialing.Lock()
	defer c.dialing.Unlock()
	if conn := c.conn.Load(); conn != nil && !conn.dead.Load() {
		return conn, nil
	}
	conn, err := dial(c.path)
	if err == nil {
		c.conn.Store(conn)
	}
	return conn, err
}

// ask sends a request that is answered at once.
func (c *client) ask(ctx context.Context, r request) (*message, error) {
	err := ctx.Err() // first, because select chooses at random
	if err == nil {
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case c.short <- struct{}{}:
		}
	}
	if err != nil {
		return nil, err
	}
	conn, err := c.connect()
	if err != nil {
		<-c.short
		return nil, err
	}
	answer := make(chan *message, 1)
	conn.send(r, call{once: true, on: func(m *message) {
		<-c.short
		answer <- m
	}})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case m := <-answer:
		return m, m.err()
	}
}

func (c *client) get(ctx context.Context, key string) (store.Item, error) {
	m, err := c.ask(ctx, op("get").text("key", key))
	switch {
	case err != nil:
		return store.Item{}, err
	case m.Missing:
		return store.Item{}, ErrNotFound
	}
	return m.item(key), nil
}

func (c *client) set(ctx context.Context, key string, v store.Value, o options) (uint64, error) {
	if v.Size() > maxValue {
		return 0, tooLarge(v.Size()) // hotswap would have to read a line of any length
	}
	m, err := c.ask(ctx, op("set").text("key", key).options(o).value(v))
	if err != nil {
		return 0, err
	}
	return m.Version, nil
}

// maxValue is hotswap's limit in bytes.
const maxValue = 1 << 20

func tooLarge(size int) error {
	return fmt.Errorf("%w: the value has %d bytes, at most %d are possible", ErrTooLarge, size, maxValue)
}

func (c *client) add(ctx context.Context, key string, by int64) (int64, error) {
	m, err := c.ask(ctx, op("add").text("key", key).number("by", by))
	if err != nil {
		return 0, err
	}
	return decode[int64](m.item(key).Value)
}

func (c *client) delete(ctx context.Context, key string, o options) (bool, error) {
	m, err := c.ask(ctx, op("delete").text("key", key).options(o))
	return err == nil && m.Deleted, err
}

func (c *client) list(ctx context.Context, prefix, after string) ([]Info, bool, error) {
	m, err := c.ask(ctx, op("list").text("prefix", prefix).text("after", after))
	if err != nil {
		return nil, false, err
	}
	return m.Items, m.More, nil
}

func (c *client) define(ctx context.Context, key string, ttl time.Duration, f func() (store.Value, error)) (store.Item, error) {
	if err := ctx.Err(); err != nil {
		return store.Item{}, err
	}
	conn, err := c.connect()
	if err != nil {
		return store.Item{}, err
	}
	said := make(chan *message, 2) // whose turn it is, and the outcome
	id := conn.send(op("define").text("key", key).options(options{ttl: ttl}), call{on: func(m *message) {
		select {
		case said <- m:
		default: // hotswap does not say more
		}
	}})
	var m *message
	select {
	case <-ctx.Done():
		conn.also(id, op("cancel"))
		return store.Item{}, ctx.Err()
	case m = <-said:
	}
	if m.Run {
		v, err := c.turn(conn, id, f)
		if err != nil {
			return store.Item{}, err
		}
		conn.also(id, op("defined").value(v))
		m = <-said // also if ctx has ended, because hotswap answers at once
	}
	conn.forget(id)
	if err := m.err(); err != nil {
		return store.Item{}, err
	}
	return m.item(key), nil
}

// turn runs an initializer. If that fails or panics, the next one has its turn.
func (c *client) turn(conn *connection, id uint64, f func() (store.Value, error)) (v store.Value, err error) {
	failed := "the initializer panicked"
	defer func() {
		if failed != "" {
			conn.also(id, op("failed").text("error", failed))
		}
	}()
	v, err = f()
	if err == nil && v.Size() > maxValue {
		err = tooLarge(v.Size())
	}
	failed = ""
	if err != nil {
		failed = shortened(err.Error())
	}
	return v, err
}

// shortened bounds a text for people.
func shortened(text string) string {
	if text == "" {
		return "unknown"
	}
	const most = 1000
	if len(text) > most {
		return text[:most]
	}
	return text
}
