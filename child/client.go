package child

import (
	"context"
	"errors"
	"fmt"
	"os"
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

// ask sends a request that is answered at once. The reader calls got, which may be nil, with an answer that
// is no error.
func (c *client) ask(ctx context.Context, r request, f *os.File, got func(*connection, *message)) (*message, error) {
	err := ctx.Err() // first, because select chooses at random
	if err == nil {
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case c.short <- struct{}{}:
		}
	}
	if err != nil {
		if f != nil {
			_ = f.Close()
		}
		return nil, err
	}
	conn, err := c.connect()
	if err != nil {
		<-c.short
		if f != nil {
			_ = f.Close()
		}
		return nil, err
	}
	answer := make(chan *message, 1)
	conn.send(r, f, call{once: true, on: func(m *message) {
		if got != nil && m.err() == nil {
			got(conn, m)
		}
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
	m, err := c.ask(ctx, op("get").text("key", key), nil, nil)
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
	m, err := c.ask(ctx, op("set").text("key", key).options(o).value(v), nil, nil)
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
	m, err := c.ask(ctx, op("add").text("key", key).number("by", by), nil, nil)
	if err != nil {
		return 0, err
	}
	return decode[int64](m.item(key).Value)
}

func (c *client) delete(ctx context.Context, key string, o options) (bool, error) {
	m, err := c.ask(ctx, op("delete").text("key", key).options(o), nil, nil)
	return err == nil && m.Deleted, err
}

func (c *client) list(ctx context.Context, prefix, after string) ([]Info, bool, error) {
	m, err := c.ask(ctx, op("list").text("prefix", prefix).text("after", after), nil, nil)
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
	id := conn.send(op("define").text("key", key).options(options{ttl: ttl}), nil, call{on: func(m *message) {
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

func (c *client) keep(name string, f *os.File) error {
	_, err := c.ask(context.Background(), op("keep").text("name", name), f, nil)
	return err
}

func (c *client) take(name string) (f *os.File, err error) {
	_, err = c.ask(context.Background(), op("take").text("name", name), nil, func(conn *connection, _ *message) { f = conn.handed() })
	if err == nil && f == nil {
		err = errors.New("hotswap has sent no descriptor")
	}
	return f, err
}

func (c *client) drop(name string) error {
	_, err := c.ask(context.Background(), op("drop").text("name", name), nil, nil)
	return err
}

func (c *client) kept() ([]string, error) {
	m, err := c.ask(context.Background(), op("kept"), nil, nil)
	if err != nil {
		return nil, err
	}
	return m.Names, nil
}
