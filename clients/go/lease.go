package hotswap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
	"unicode/utf8"
)

// Lease runs f while this process has the lease of that name: of all processes of all generations, one at a
// time has it, and that one is of the generation that serves. When another process shall have the lease, or the
// connection to hotswap breaks, the context of f ends, and nobody gets the lease before f has returned. Then Lease
// asks for it again, until ctx ends.
//
// If f returns while it has the lease, its work is done: Lease returns what f returned. An error of f always
// ends Lease, unless f only says that its context has ended. Without hotswap one caller in this process has it.
func Lease(ctx context.Context, name string, f func(context.Context) error) error {
	if err := checkName(name); err != nil {
		return about(err, "lease", name)
	}
	t := &tenure{c: ours(), name: name, claim: 1 + rand.Uint64N(1<<53-1)}
	defer t.free()
	for {
		again, err := t.once(ctx, f)
		if !again {
			return err
		}
		if t.parted {
			select {
			case <-time.After(time.Second): // so that a hotswap that has no room is not asked all the time
			case <-ctx.Done():
			}
		}
	}
}

// errRevoked is the cause with which the context of a lease ends that another generation waits for.
var errRevoked = errors.New("the lease was asked back")

// tenure is a lease that this process has, or waits for. If its connection alone ends, hotswap keeps the lease
// for the process, because what runs under the lease may still run. So the process says when nothing does.
type tenure struct {
	c      *client
	name   string
	claim  uint64 // what this process calls it
	parted bool   // a connection has ended, and hotswap may not know that nothing runs under the claim
}

// once waits for the lease, and calls f. It reports whether to ask for the lease again.
func (t *tenure) once(ctx context.Context, f func(context.Context) error) (again bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	l, err := t.c.link()
	if err != nil {
		return false, about(err, "lease", t.name)
	}
	r := request{Op: "lease", Name: t.name, Claim: t.claim}
	if t.parted {
		r.Ended = t.claim
	}
	held, end := context.WithCancelCause(ctx)
	defer end(nil)
	granted, over := make(chan struct{}), make(chan error, 1)
	id := l.send(r, func(m *message) {
		switch {
		case m.Event == "granted":
			close(granted)
		case m.Event == "revoke":
			end(errRevoked)
		case m.final():
			end(m.err())
			over <- m.err()
		}
	})
	var cause error // why held had ended before f did
	release := func() {
		cause = context.Cause(held)
		l.also(id, request{Op: "cancel"})
	}
	select {
	case <-granted:
		err = func() error {
			defer release() // also if f panics
			return f(held)
		}()
	case <-held.Done():
		release()
		err = cause
	}
	t.parted = errors.Is(<-over, errClosed)
	switch {
	case ctx.Err() != nil:
		return false, cmp.Or(err, ctx.Err())
	case cause == nil, err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, cause):
		return false, err
	case !errors.Is(cause, errRevoked) && !errors.Is(cause, errClosed):
		return false, about(cause, "lease", t.name)
	}
	return true, nil
}

// free tells hotswap that nothing runs under the claim, if hotswap may not know that.
func (t *tenure) free() {
	if !t.parted {
		return
	}
	if l, err := t.c.link(); err == nil {
		id := l.send(request{Op: "lease", Name: t.name, Ended: t.claim}, func(*message) {})
		l.also(id, request{Op: "cancel"})
	}
}

// checkName refuses what cannot be the name of a lease.
func checkName(name string) error {
	const most = 512 // bytes
	switch {
	case name == "":
		return errors.New("the name is empty")
	case len(name) > most:
		return fmt.Errorf("%w: the name has %d bytes, at most %d are possible", ErrTooLarge, len(name), most)
	case !utf8.ValidString(name):
		return errors.New("the name is not UTF-8")
	}
	return nil
}
