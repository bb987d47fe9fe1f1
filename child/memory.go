package child

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// memory is the backend without hotswap.
type memory struct {
	store *store.Store

	mu     sync.Mutex // guards the following fields
	leases map[string]chan struct{}
}

func newMemory() *memory {
	return &memory{store: store.New(store.Limits{}), leases: map[string]chan struct{}{}}
}

// theirs returns an error of the store as one of this package.
func theirs(err error) error {
	if version := (*store.VersionError)(nil); errors.As(err, &version) {
		return &VersionError{version.Version}
	}
	for _, known := range []struct{ store, ours error }{
		{store.ErrTooLarge, ErrTooLarge}, {store.ErrFull, ErrFull}, {store.ErrType, ErrType},
	} {
		if errors.Is(err, known.store) {
			return fmt.Errorf("%w: %w", known.ours, err)
		}
	}
	return err
}

func (m *memory) get(ctx context.Context, key string) (store.Item, error) {
	if err := ctx.Err(); err != nil {
		return store.Item{}, err
	}
	var i store.Item
	var ok bool
	_ = m.store.Do(func(tx *store.Tx) { i, ok = tx.Get(key) })
	if !ok {
		return store.Item{}, ErrNotFound
	}
	return i, nil
}

func (m *memory) set(ctx context.Context, key string, v store.Value, o options) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	var version uint64
	var err error
	_ = m.store.Do(func(tx *store.Tx) { version, err = tx.Set(key, v, store.Write{TTL: o.ttl, IfVersion: o.ifVersion}) })
	return version, theirs(err)
}

func (m *memory) add(ctx context.Context, key string, by int64) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	var i store.Item
	var err error
	_ = m.store.Do(func(tx *store.Tx) { i, err = tx.Add(key, by) })
	if err != nil {
		return 0, theirs(err)
	}
	return strconv.ParseInt(string(i.Value.JSON), 10, 64)
}

func (m *memory) delete(ctx context.Context, key string, o options) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	var found bool
	var err error
	_ = m.store.Do(func(tx *store.Tx) { found, err = tx.Delete(key, o.ifVersion) })
	return found, theirs(err)
}

func (m *memory) list(ctx context.Context, prefix, after string) (page []Info, more bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	var infos []store.Info
	_ = m.store.Do(func(tx *store.Tx) { infos, more = tx.List(prefix, after, 1000) })
	for _, i := range infos {
		page = append(page, Info(i))
	}
	return page, more, nil
}

func (m *memory) define(ctx context.Context, key string, ttl time.Duration, f func() (store.Value, error)) (store.Item, error) {
	if err := ctx.Err(); err != nil {
		return store.Item{}, err
	}
	answers := make(chan store.Answer, 2) // the turn, and its outcome
	cancel := m.store.Define(key, ttl, func(a store.Answer) { answers <- a })
	var a store.Answer
	select {
	case <-ctx.Done():
		cancel()
		return store.Item{}, ctx.Err()
	case a = <-answers:
	}
	if a.Turn != nil {
		if err := m.turn(a.Turn, f); err != nil {
			return store.Item{}, err
		}
		a = <-answers
	}
	return a.Item, theirs(a.Err)
}

// turn runs an initializer. If that fails or panics, the next one has its turn.
func (m *memory) turn(t *store.Turn, f func() (store.Value, error)) error {
	failed := errors.New("the initializer panicked")
	defer func() {
		if failed != nil {
			t.Failed(failed)
		}
	}()
	v, err := f()
	if failed = err; err == nil {
		_ = m.store.Do(func(tx *store.Tx) { tx.Defined(t, v) })
	}
	return err
}

// lease waits until nobody else in this process has the lease. It ends when the process drains.
func (m *memory) lease(ctx context.Context, name string) (context.Context, func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	m.mu.Lock()
	free := m.leases[name]
	if free == nil {
		free = make(chan struct{}, 1)
		m.leases[name] = free
	}
	m.mu.Unlock()
	draining := ours().final
	select {
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	case free <- struct{}{}:
	}
	select {
	case <-draining: // it is never granted again
		<-free
		<-ctx.Done()
		return nil, nil, ctx.Err()
	default:
	}
	held, end := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		select {
		case <-draining:
			end(errRevoked)
		case <-done:
		}
	}()
	return held, func() {
		close(done)
		end(nil)
		<-free
	}, nil
}
