package child

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// Item is a value with its version. Each write of a key gives the key a higher version.
type Item[T any] struct {
	Key     string
	Value   T
	Version uint64
}

// Info describes a key.
type Info struct {
	Key     string `json:"key"`
	Version uint64 `json:"version"`
	Size    int    `json:"size"` // bytes of the value
}

// Event is a change that [Watch] reports.
type Event[T any] struct {
	Item[T]
	Deleted bool // the key was deleted, or has expired; Value is zero
	Synced  bool // all that existed when the watch began has been reported; no other field is set
}

// Get returns the value of the key, or [ErrNotFound].
func Get[T any](ctx context.Context, key string) (T, error) {
	i, err := GetItem[T](ctx, key)
	return i.Value, err
}

// GetItem is [Get] with the version, for [IfVersion].
func GetItem[T any](ctx context.Context, key string) (Item[T], error) {
	b, err := having(key)
	if err != nil {
		return Item[T]{}, about(err, "get", key)
	}
	i, err := b.get(ctx, key)
	if err != nil {
		return Item[T]{}, about(err, "get", key)
	}
	return typed[T](i, "get")
}

func typed[T any](i store.Item, op string) (Item[T], error) {
	v, err := decode[T](i.Value)
	if err != nil {
		return Item[T]{}, about(err, op, i.Key)
	}
	return Item[T]{i.Key, v, i.Version}, nil
}

// Set writes the value and returns its version.
func Set(ctx context.Context, key string, value any, all ...Option) (version uint64, err error) {
	b, err := having(key)
	if err != nil {
		return 0, about(err, "set", key)
	}
	v, err := encode(value)
	if err != nil {
		return 0, about(err, "set", key)
	}
	version, err = b.set(ctx, key, v, collect(all))
	return version, about(err, "set", key)
}

// Update replaces the value by what f makes of it, and returns that. exists says whether there was a value.
// If another writer was faster, f is called again with the newer value, so f must not have other effects. An
// error of f ends Update and changes nothing.
func Update[T any](ctx context.Context, key string, f func(old T, exists bool) (T, error), all ...Option) (T, error) {
	var none T
	for {
		i, err := GetItem[T](ctx, key)
		exists := err == nil
		if err != nil && !errors.Is(err, ErrNotFound) {
			return none, err
		}
		now, err := f(i.Value, exists)
		if err != nil {
			return none, err
		}
		_, err = Set(ctx, key, now, append(all[:len(all):len(all)], IfVersion(i.Version))...)
		if other := (*VersionError)(nil); !errors.As(err, &other) {
			if err != nil {
				return none, err
			}
			return now, nil
		}
	}
}

// Add adds to the integer of the key, which counts as 0 if it does not exist, and returns the sum. A key that
// is no integer is [ErrType].
func Add(ctx context.Context, key string, by int64) (int64, error) {
	b, err := having(key)
	if err != nil {
		return 0, about(err, "add to", key)
	}
	sum, err := b.add(ctx, key, by)
	return sum, about(err, "add to", key)
}

// Delete deletes the key and reports whether there was one.
func Delete(ctx context.Context, key string, all ...Option) (bool, error) {
	b, err := having(key)
	if err != nil {
		return false, about(err, "delete", key)
	}
	found, err := b.delete(ctx, key, collect(all))
	return found, about(err, "delete", key)
}

// List returns the keys with the prefix, in their order. It asks for them page by page, so keys that are
// written meanwhile may be missing.
func List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for after, more := "", true; more; {
			var page []Info
			var err error
			if b, wrong := having(prefix); prefix != "" && wrong != nil {
				err = wrong
			} else {
				page, more, err = b.list(ctx, prefix, after)
			}
			if err != nil {
				yield(Info{}, about(err, "list", prefix))
				return
			}
			for _, i := range page {
				if !yield(i, nil) {
					return
				}
				after = i.Key
			}
			more = more && len(page) > 0
		}
	}
}

// Define returns the value of the key. If there is none, f makes it: of all that define the key at the same
// time, in all processes of all generations, one runs its f and the others wait for that value. If f fails,
// or its process ends, the next one runs its own; the caller whose f failed gets the error. An f that defines the
// same key, with the context that it gets, fails, because it would wait for itself.
func Define[T any](ctx context.Context, key string, f func(context.Context) (T, error), all ...Option) (T, error) {
	b, err := having(key)
	if err != nil {
		return *new(T), about(err, "define", key)
	}
	outer, _ := ctx.Value(definingKey{}).(*defining)
	for d := outer; d != nil; d = d.outer {
		if d.key == key && !d.ended.Load() {
			return *new(T), about(errors.New("its initializer asks for the key itself"), "define", key)
		}
	}
	i, err := b.define(ctx, key, collect(all).ttl, func() (store.Value, error) {
		inner := &defining{key: key, outer: outer}
		defer inner.ended.Store(true)
		made, err := f(context.WithValue(ctx, definingKey{}, inner))
		if err != nil {
			return store.Value{}, err
		}
		return encode(made)
	})
	if err != nil {
		return *new(T), about(err, "define", key)
	}
	out, err := typed[T](i, "define")
	return out.Value, err
}

// defining is in the context of an initializer.
type defining struct {
	key   string
	outer *defining // whose initializer this one runs in; nil: none
	ended atomic.Bool
}

type definingKey struct{}

// Watch reports the value of the key, then [Event.Synced], then each change until ctx ends or the loop does.
// A loop that is slow gets the newest value, and not those between.
//
//	for e, err := range child.Watch[Config](ctx, "config") { … }
func Watch[T any](ctx context.Context, key string) iter.Seq2[Event[T], error] {
	return watch[T](ctx, key, false)
}

// WatchPrefix is [Watch] for all keys with the prefix.
func WatchPrefix[T any](ctx context.Context, prefix string) iter.Seq2[Event[T], error] {
	return watch[T](ctx, prefix, true)
}

// watch ends without an error when ctx does, because that is how a caller ends it.
func watch[T any](ctx context.Context, key string, prefix bool) iter.Seq2[Event[T], error] {
	return func(yield func(Event[T], error) bool) {
		b, err := having(key)
		if err != nil && (!prefix || key != "") {
			yield(Event[T]{}, about(err, "watch", key))
			return
		}
		for c, err := range b.watch(ctx, key, prefix) {
			e := Event[T]{Deleted: c.deleted, Synced: c.synced}
			switch {
			case err != nil:
				err = about(err, "watch", key)
			case c.deleted:
				e.Item = Item[T]{Key: c.item.Key, Version: c.item.Version}
			case !c.synced:
				e.Item, err = typed[T](c.item, "watch")
			}
			if ctx.Err() != nil || !yield(e, err) {
				return
			}
		}
	}
}
