package child

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Lease runs f while this process has the lease of that name: of all processes of all generations, one at a
// time has it, and that one is of the generation that serves. When another generation takes over, the context
// of f ends, and the other's f does not begin before this one has returned. Then Lease asks for the lease
// again, until ctx ends.
//
// If the connection to hotswap alone breaks, the context of f ends, too. Nobody gets the lease before f has
// returned; then Lease asks again over a new connection. It returns [ErrGone] if there is none.
//
// If f returns while it has the lease, its work is done: Lease returns what f returned. An error of f always
// ends Lease, unless f only says that its context has ended. Without hotswap the lease is free, unless this
// process has it already.
//
//	go func() {
//		err := child.Lease(ctx, "cron", func(ctx context.Context) error {
//			jobs.Start()
//			<-ctx.Done()
//			jobs.Stop() // returns when no job runs
//			return nil
//		})
//		log.Print("the lease has ended: ", err)
//	}()
func Lease(ctx context.Context, name string, f func(context.Context) error) error {
	b, err := having(name)
	if err != nil {
		return about(err, "lease", name)
	}
	return have(ctx, b, name, f)
}

// have is Lease with a backend.
func have(ctx context.Context, b backend, name string, f func(context.Context) error) error {
	for {
		held, release, err := b.lease(ctx, name)
		if errors.Is(err, errParted) {
			select {
			case <-time.After(leasePause):
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return about(err, "lease", name)
		}
		cause, err := under(held, release, f)
		switch {
		case ctx.Err() != nil:
			return cmp.Or(err, ctx.Err())
		case cause == nil, err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, cause):
			return err
		}
	}
}

// leasePause is the time from the end of a connection until a lease is asked for on another one.
const leasePause = time.Second

// under returns why the context had ended before f did, and what f returned. It releases the lease also if f
// panics.
func under(held context.Context, release func(), f func(context.Context) error) (cause, err error) {
	defer release()
	err = f(held)
	return context.Cause(held), err
}

// errRevoked is the cause with which the context of a lease ends that another generation waits for.
var errRevoked = errors.New("the lease was asked back")
