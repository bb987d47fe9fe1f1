package child

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// errParted: the connection on which a lease was waited for has ended. Another one may be had.
var errParted = errors.New("the connection has ended")

// tenure is a lease that this process has, or waits for. If its connection alone ends, hotswap keeps the lease
// for the process, because what runs under it may still run. So the process says when nothing does.
type tenure struct {
	c     *client
	name  string
	claim uint64 // what this process calls it

	mu    sync.Mutex // guards what follows
	lost  bool       // the connection has ended
	ended bool       // nothing runs under it
	freed bool       // hotswap was told, or is being told
}

// note takes in what is known, and tells hotswap if it has to be told. It does not block.
func (t *tenure) note(lost, ended bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lost, t.ended = t.lost || lost, t.ended || ended
	if t.lost && t.ended && !t.freed {
		t.freed = true
		go t.free()
	}
}

// free says that the lease is free. If hotswap has ended, there is none.
func (t *tenure) free() {
	for {
		conn, err := t.c.connect()
		if err != nil {
			return
		}
		over := make(chan error, 1)
		id := conn.send(op("lease").text("name", t.name).number("ended", int64(t.claim)), call{on: func(m *message) {
			if m.err() != nil { // it was cancelled, or is lost
				over <- m.lost
			}
		}})
		conn.also(id, op("cancel"))
		if lost := <-over; lost == nil || !conn.taken.Load() {
			return
		}
		time.Sleep(leasePause)
	}
}

func (c *client) lease(ctx context.Context, name string) (context.Context, func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	conn, err := c.connect()
	if err != nil {
		return nil, nil, err
	}
	t := &tenure{c: c, name: name, claim: 1 + rand.Uint64N(1<<53-1)}
	held, end := context.WithCancelCause(ctx)
	granted := make(chan error, 1)
	id := conn.send(op("lease").text("name", name).number("claim", int64(t.claim)), call{on: func(m *message) {
		switch err := m.err(); {
		case err != nil:
			if m.lost != nil && conn.taken.Load() {
				err = fmt.Errorf("%w: %w", errParted, err)
				t.note(true, false)
			}
			select {
			case granted <- err:
			default:
			}
			end(err)
		case m.Event == "granted":
			select {
			case granted <- nil:
			default:
			}
		case m.Event == "revoke":
			end(errRevoked)
		case m.Freed:
			conn.forget(m.ID)
		}
	}})
	select {
	case err = <-granted:
	case <-ctx.Done():
		err = ctx.Err()
		conn.also(id, op("cancel"))
	}
	if err != nil {
		end(nil)
		t.note(false, true)
		return nil, nil, err
	}
	return held, func() {
		conn.also(id, op("release"))
		end(nil)
		t.note(false, true)
	}, nil
}
