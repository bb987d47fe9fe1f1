package hotswap

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// These tests run below hotswap, too.

func TestStateLease(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
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
	for _, end := range []func(){stop, cancel} {
		end()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestStatePlace(t *testing.T) {
	below := os.Getenv(variable) != ""
	if g := Generation(); (g > 0) != below {
		t.Errorf("generation %d", g)
	}
	select {
	case <-Draining():
		t.Error("it drains")
	default:
	}
}
