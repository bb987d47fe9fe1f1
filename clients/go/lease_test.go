package hotswap

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestStateLease(t *testing.T) {
	ctx, cancel := context.WithCancel(background(t))
	defer cancel()
	const askers = 8
	var asked, holders, most atomic.Int32
	var all sync.WaitGroup
	for range askers {
		all.Go(func() {
			asked.Add(1)
			if err := Lease(ctx, "lease/a", func(context.Context) error {
				most.Store(max(most.Load(), holders.Add(1)))
				for asked.Load() < askers { // the others would be here, too
					runtime.Gosched()
				}
				holders.Add(-1)
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := most.Load(); n != 1 {
		t.Errorf("%d had the lease at a time", n)
	}
	broken := errors.New("broken")
	if err := Lease(ctx, "lease/a", func(context.Context) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	held := make(chan struct{})
	ended := make(chan error, 2)
	go func() {
		ended <- Lease(ctx, "lease/a", func(ctx context.Context) error { close(held); <-ctx.Done(); return nil })
	}()
	<-held
	waits, stop := context.WithCancel(ctx)
	go func() {
		ended <- Lease(waits, "lease/a", func(context.Context) error { t.Error("two at a time"); return nil })
	}()
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// The context of a lease that is asked back ends, and the lease is asked for again when the function has returned.
func TestLeaseIsAskedBack(t *testing.T) {
	s := meet(t)
	begun, over := make(chan struct{}), make(chan error, 1)
	broken := errors.New("broken")
	go func() {
		over <- Lease(background(t), "cron", func(ctx context.Context) error {
			begun <- struct{}{}
			<-ctx.Done()
			if !errors.Is(context.Cause(ctx), errRevoked) {
				t.Error(context.Cause(ctx))
			}
			if _, again := <-begun; again {
				return ctx.Err()
			}
			return broken
		})
	}()
	for i, id := range []string{"2", "3"} {
		if line := s.read(); !strings.HasPrefix(line, `{"id":`+id+`,"op":"lease","name":"cron","claim":`) || strings.Contains(line, "ended") {
			t.Fatal(line)
		}
		s.says(`{"id":` + id + `,"event":"granted"}`)
		<-begun
		s.says(`{"id":` + id + `,"event":"revoke"}`)
		if i == 0 {
			begun <- struct{}{}
		} else {
			close(begun)
		}
		s.hears(`{"id":` + id + `,"op":"cancel"}`)
		s.says(`{"id":` + id + `,"error":"the request was cancelled","code":"canceled"}`)
	}
	if err := <-over; !errors.Is(err, broken) {
		t.Error(err)
	}
}

// If the connection alone breaks, the context ends. When the function has returned, and not before, the lease is asked
// for again, and hotswap hears that nothing runs under the old claim any more.
func TestLeaseOverALostConnection(t *testing.T) {
	s := meet(t)
	begun, ends, over := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		over <- Lease(background(t), "cron", func(ctx context.Context) error {
			begun <- struct{}{}
			<-ctx.Done()
			if !errors.Is(context.Cause(ctx), ErrGone) {
				t.Error(context.Cause(ctx))
			}
			<-ends
			return nil
		})
	}()
	_, claim, _ := strings.Cut(s.read(), `"claim":`)
	s.says(`{"id":2,"event":"granted"}`)
	<-begun
	s.conn.Close()
	ends <- struct{}{}
	s.accept()
	claim = strings.TrimSuffix(claim, "}")
	s.hears(`{"id":2,"op":"lease","name":"cron","claim":` + claim + `,"ended":` + claim + `}`)
	s.says(`{"id":2,"event":"granted"}`)
	<-begun
	s.l.Close() // now hotswap has gone
	s.conn.Close()
	ends <- struct{}{}
	if err := <-over; !errors.Is(err, ErrGone) {
		t.Error(err)
	}
}
