package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestStateAfterTheContext(t *testing.T) {
	clean(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, f := range map[string]func() error{
		"get":    func() error { _, err := Get[int](ctx, "a"); return err },
		"set":    func() error { _, err := Set(ctx, "a", 1); return err },
		"add":    func() error { _, err := Add(ctx, "a", 1); return err },
		"delete": func() error { _, err := Delete(ctx, "a"); return err },
		"lease":  func() error { return Lease(ctx, "a", func(context.Context) error { return nil }) },
		"define": func() error {
			_, err := Define(ctx, "a", func(context.Context) (int, error) { return 1, nil })
			return err
		},
	} {
		for range 20 { // what could be chosen at random is chosen
			if err := f(); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestStateLease(t *testing.T) {
	clean(t)
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

func TestStateLocal(t *testing.T) {
	clean(t)
	ran := 0
	f := func() func() int { ran++; return func() int { return 5 } }
	locals.m = nil
	for range 2 {
		if got := Local("local/a", f)(); got != 5 || ran != 1 {
			t.Errorf("%d, ran %d times", got, ran)
		}
	}
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "local/a") {
			t.Error(r)
		}
	}()
	Local("local/a", func() int { return 1 })
}

func TestStatePlace(t *testing.T) {
	clean(t)
	if err := errors.Join(Ready(), Status("a test\nruns"), Extend(time.Minute)); err != nil {
		t.Error(err)
	}
	below := os.Getenv(socketVariable) != ""
	if g := Generation(); (g > 0) != below {
		t.Errorf("generation %d", g)
	}
	serves := make(chan struct{})
	OnServe(sync.OnceFunc(func() { close(serves) }))
	select {
	case <-serves:
	case <-time.After(limit):
		t.Fatal("OnServe was not called")
	}
	if !Serving() {
		t.Error("it does not serve")
	}
	OnDrain(func(context.Context) { t.Error("it drains") })
	select {
	case <-Draining():
		t.Error("it drains")
	default:
	}
}
