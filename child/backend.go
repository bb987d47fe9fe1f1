package child

import (
	"context"
	"errors"
	"iter"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// backend keeps what this package is asked to keep: hotswap does, or the memory of the process.
type backend interface {
	get(ctx context.Context, key string) (store.Item, error) // ErrNotFound
	set(ctx context.Context, key string, v store.Value, o options) (version uint64, err error)
	add(ctx context.Context, key string, by int64) (int64, error)
	delete(ctx context.Context, key string, o options) (bool, error)
	// list returns at most so many keys as one request gives.
	list(ctx context.Context, prefix, after string) (page []Info, more bool, err error)
	define(ctx context.Context, key string, ttl time.Duration, f func() (store.Value, error)) (store.Item, error)
	watch(ctx context.Context, key string, prefix bool) iter.Seq2[change, error]

	// lease waits until the lease is granted. held ends with ctx, and when the lease is asked back
	// (errRevoked) or lost.
	lease(ctx context.Context, name string) (held context.Context, release func(), err error)
}

// change is an event of a watch.
type change struct {
	item    store.Item
	deleted bool
	synced  bool // the keys that existed have been reported
}

// socketVariable names hotswap's socket.
const socketVariable = "HOTSWAP_SOCKET"

// current is chosen at the first use: the program may change its environment before.
var current = sync.OnceValue(func() backend {
	if path := os.Getenv(socketVariable); path != "" {
		return hotswap()
	}
	return newMemory()
})

// hotswap is the connection to hotswap, or nil without one. It is not opened before it is used.
var hotswap = sync.OnceValue(func() *client {
	if path := os.Getenv(socketVariable); path != "" {
		return newClient(path)
	}
	return nil
})

// having returns the backend, and an error if the key is none, or one that JSON cannot carry.
func having(key string) (backend, error) {
	switch {
	case key == "":
		return current(), errors.New("the key is empty")
	case !utf8.ValidString(key):
		return current(), errors.New("the key is not UTF-8")
	}
	return current(), nil
}
