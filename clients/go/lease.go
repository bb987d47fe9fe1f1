package hotswap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

// Lease runs f while this process has the lease of that name: of all processes of all generations, one at a
// time has it, and that one is of the generation that serves. When another process shall have the lease, or the
// connection to hotswap breaks, the context of f ends, and nobody gets the lease before f has returned. Then Lease
// asks for it again, until ctx ends.
//
// If f returns while it has the lease, its work is done: Lease returns what f returned. An error of f always
// ends Lease, unless f only says that its context has ended. Without hotswap one caller in this process has it.
func Lease(ctx context.Context, name string, f func(context.Context) error) error {
	path := os.Getenv(variable)
	if path == "" {
		return alone(ctx, name, f)
	}
	r := request{Op: "lease", Name: name, Claim: 1 + rand.Uint64N(1<<53-1)}
	for {
		parted, again, err := once(ctx, path, r, f)
		switch {
		case !again && parted: // hotswap may not know that nothing runs under the claim
			ended, end := context.WithCancel(context.Background())
			end()
			_, _, _ = once(ended, path, r, nil)
			return err
		case !again:
			return err
		case parted:
			select {
			case <-time.After(time.Second): // so that a hotswap that has no room is not asked all the time
			case <-ctx.Done():
			}
		}
	}
}

var busy sync.Map // name → a channel that is full while somebody in this process has the lease

// alone has a lease without hotswap.
func alone(ctx context.Context, name string, f func(context.Context) error) error {
	turn, _ := busy.LoadOrStore(name, make(chan struct{}, 1))
	select {
	case turn.(chan struct{}) <- struct{}{}:
		defer func() { <-turn.(chan struct{}) }()
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return cmp.Or(f(ctx), ctx.Err())
}

// errRevoked is the cause with which the context of a lease ends that another generation waits for.
var errRevoked = errors.New("the lease was asked back")

// once waits for the lease, and calls f. If the connection alone ends, hotswap keeps the lease for this process,
// because f may still run, until the process asks again with the same claim. parted reports that; again, whether to ask
// again.
func once(ctx context.Context, path string, r request, f func(context.Context) error) (parted, again bool, err error) {
	e, err := begin(path, r)
	if err != nil {
		full := errors.Is(err, errClosed) && ctx.Err() == nil
		return full, full, fmt.Errorf("hotswap: lease %s: %w", r.Name, err)
	}
	defer e.conn.Close()
	held, end := context.WithCancelCause(ctx)
	defer end(nil)
	granted, over := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			m, err := e.next()
			switch {
			case err != nil || m.Released:
				end(err)
				over <- err
				return
			case m.Event == "granted":
				close(granted)
			case m.Event == "revoke":
				end(errRevoked)
			}
		}
	}()
	var cause error // why held had ended before f did
	release := func() {
		cause = context.Cause(held)
		e.send(request{Op: "release"})
	}
	select {
	case <-granted:
	case <-held.Done():
	}
	if held.Err() != nil {
		release()
		err = cause
	} else {
		err = func() error {
			defer release() // also if f panics
			return f(held)
		}()
	}
	parted = errors.Is(<-over, errClosed)
	switch {
	case ctx.Err() != nil:
		return parted, false, cmp.Or(err, ctx.Err())
	case cause == nil, err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, cause):
		return parted, false, err
	case cause != errRevoked && !errors.Is(cause, errClosed):
		return parted, false, fmt.Errorf("hotswap: lease %s: %w", r.Name, cause)
	}
	return parted, true, nil
}
