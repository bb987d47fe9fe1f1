package hotswap

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Info describes a key.
type Info struct {
	Key  string `json:"key"`
	Size int    `json:"size"` // bytes of the value
}

// Option changes how a value is written.
type Option func(*request)

// TTL has the key expire so long after the write, a millisecond at least. A later write without TTL takes the
// end away.
func TTL(d time.Duration) Option {
	return func(r *request) { r.TTLMS = max(d, time.Millisecond).Milliseconds() }
}

// about asks about a key.
func (r request) about(ctx context.Context, all ...Option) (*message, error) {
	for _, option := range all {
		option(&r)
	}
	err := checkKey(r.Key, 1)
	var m *message
	if err == nil {
		m, err = ours().ask(ctx, r)
	}
	return m, about(err, r.Op, r.Key)
}

// Get returns the value of the key, or [ErrNotFound].
func Get[T any](ctx context.Context, key string) (T, error) {
	v, _, err := get[T](ctx, key)
	return v, err
}

func get[T any](ctx context.Context, key string) (v T, version uint64, err error) {
	m, err := request{Op: "get", Key: key}.about(ctx)
	if err != nil {
		return v, 0, err
	}
	if m.Missing {
		return v, 0, about(ErrNotFound, "get", key)
	}
	v, err = decode[T](m.value)
	return v, m.Version, about(err, "get", key)
}

// Set writes the value.
func Set(ctx context.Context, key string, value any, all ...Option) error {
	return set(ctx, request{Op: "set", Key: key}, value, all)
}

func set(ctx context.Context, r request, value any, all []Option) (err error) {
	if r.value, err = encode(value); err != nil {
		return about(err, "set", r.Key)
	}
	_, err = r.about(ctx, all...)
	return err
}

// Update replaces the value by what f makes of it, and returns that. exists says whether there was a value.
// If another writer was faster, f is called again with the newer value, so f must not have other effects. An
// error of f ends Update and changes nothing.
func Update[T any](ctx context.Context, key string, f func(old T, exists bool) (T, error), all ...Option) (T, error) {
	for {
		old, version, err := get[T](ctx, key)
		missing := errors.Is(err, ErrNotFound)
		if err != nil && !missing {
			return *new(T), err
		}
		now, err := f(old, !missing)
		if err == nil {
			err = set(ctx, request{Op: "set", Key: key, IfVersion: &version}, now, all)
		}
		switch {
		case err == nil:
			return now, nil
		case !errors.Is(err, errVersion):
			return *new(T), err
		}
	}
}

// Add adds to the integer of the key, which counts as 0 if it does not exist, and returns the sum. A key that
// is no integer is [ErrType].
func Add(ctx context.Context, key string, by int64) (int64, error) {
	m, err := request{Op: "add", Key: key, By: &by}.about(ctx)
	if err != nil {
		return 0, err
	}
	return decode[int64](m.value)
}

// Delete deletes the key and reports whether there was one.
func Delete(ctx context.Context, key string) (bool, error) {
	m, err := request{Op: "delete", Key: key}.about(ctx)
	return err == nil && m.Deleted, err
}

// List returns the keys with the prefix, in their order. Keys that are written meanwhile may be missing.
func List(ctx context.Context, prefix string) (all []Info, err error) {
	r := request{Op: "list", Prefix: &prefix}
	for err = checkKey(prefix, 0); err == nil; {
		m, asked := ours().ask(ctx, r)
		if asked == nil && !m.More {
			return append(all, m.Items...), nil
		}
		if err = asked; err == nil {
			all = append(all, m.Items...)
			r.After = all[len(all)-1].Key
		}
	}
	return nil, about(err, "list", prefix)
}

// Define returns the value of the key. If there is none, f makes it: of all that define the key at the same
// time, in all processes of all generations, one runs its f and the others wait for that value. If f fails,
// or its process ends, the next one runs its own; the caller whose f failed gets the error. An f that defines the
// same key waits for itself until its context ends.
func Define[T any](ctx context.Context, key string, f func(context.Context) (T, error), all ...Option) (T, error) {
	r := request{Op: "define", Key: key}
	for _, option := range all {
		option(&r)
	}
	m, err := define(ctx, r, func() (v value, err error) {
		made, err := f(ctx)
		if err == nil {
			v, err = encode(made)
		}
		return v, err
	})
	if err != nil {
		return *new(T), about(err, "define", key)
	}
	out, err := decode[T](m.value)
	return out, about(err, "define", key)
}

func define(ctx context.Context, r request, f func() (value, error)) (*message, error) {
	if err := cmp.Or(ctx.Err(), checkKey(r.Key, 1)); err != nil {
		return nil, err
	}
	l, err := ours().link()
	if err != nil {
		return nil, err
	}
	said := make(chan *message, 2) // whose turn it is, and the outcome
	id := l.send(r, func(m *message) { said <- m })
	var m *message
	select {
	case <-ctx.Done():
		l.also(id, request{Op: "cancel"})
		return nil, ctx.Err()
	case m = <-said:
	}
	if !m.Run {
		return m, m.err()
	}
	defer l.also(id, request{Op: "failed"}) // if f fails or panics; else the request is over
	v, err := f()
	if err != nil {
		return nil, err
	}
	l.also(id, request{Op: "defined", value: v})
	m = <-said // also if ctx has ended, because hotswap answers at once
	return m, m.err()
}
