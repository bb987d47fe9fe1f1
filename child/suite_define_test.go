package child

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestStateDefine(t *testing.T) {
	clean(t)
	ctx := background(t)
	var ran atomic.Int32
	release := make(chan struct{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			n, err := Define(ctx, "define/a", func(context.Context) (int, error) {
				<-release
				return int(ran.Add(1)), nil
			})
			if n != 1 || err != nil {
				t.Error(n, err)
			}
		})
	}
	close(release)
	all.Wait()
	if n := ran.Load(); n != 1 {
		t.Errorf("%d initializers ran", n)
	}
	if n, err := Get[int](ctx, "define/a"); n != 1 || err != nil {
		t.Error(n, err)
	}
}

// The caller whose initializer failed gets its error, and the next one runs its own.
func TestStateDefineFails(t *testing.T) {
	clean(t)
	ctx := background(t)
	broken := errors.New("broken")
	begun, fail := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	go func() {
		_, err := Define(ctx, "define/fails", func(context.Context) (int, error) {
			close(begun)
			<-fail
			return 0, broken
		})
		first <- err
	}()
	<-begun
	// One waits, and gives up.
	brief, cancel := context.WithCancel(ctx)
	gaveUp := make(chan error, 1)
	go func() {
		_, err := Define(brief, "define/fails", func(context.Context) (int, error) { t.Error("two at a time"); return 0, nil })
		gaveUp <- err
	}()
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	second := make(chan int, 1)
	go func() {
		n, err := Define(ctx, "define/fails", func(context.Context) (int, error) { return 2, nil })
		if err != nil {
			t.Error(err)
		}
		second <- n
	}()
	close(fail)
	if err := <-first; !errors.Is(err, broken) {
		t.Error(err)
	}
	if n := <-second; n != 2 {
		t.Error(n)
	}
}

func TestStateDefinePanics(t *testing.T) {
	clean(t)
	ctx := background(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was lost")
			}
		}()
		_, _ = Define(ctx, "define/panics", func(context.Context) (int, error) { panic("oops") })
	}()
	if n, err := Define(ctx, "define/panics", func(context.Context) (int, error) { return 3, nil }); n != 3 || err != nil {
		t.Error(n, err)
	}
}

// What another one set while the initializer ran is what counts.
func TestStateDefineAfterASet(t *testing.T) {
	clean(t)
	ctx := background(t)
	n, err := Define(ctx, "define/set", func(context.Context) (int, error) {
		set(t, "define/set", 7)
		return 1, nil
	})
	if n != 7 || err != nil {
		t.Error(n, err)
	}
}

// An initializer that defines its own key would wait for itself.
func TestStateDefineItself(t *testing.T) {
	clean(t)
	ctx := background(t)
	seven := func(context.Context) (int, error) { return 7, nil }
	_, err := Define(ctx, "define/itself", func(ctx context.Context) (int, error) {
		return Define(ctx, "define/between", func(ctx context.Context) (int, error) { return Define(ctx, "define/itself", seven) })
	})
	if err == nil || !strings.Contains(err.Error(), "asks for the key itself") {
		t.Error(err)
	}
	var later context.Context
	n, err := Define(ctx, "define/itself", func(ctx context.Context) (int, error) {
		later = ctx
		return Define(ctx, "define/other", seven)
	})
	if n != 7 || err != nil {
		t.Error(n, err)
	}
	if n, err := Define(later, "define/itself", seven); n != 7 || err != nil { // its initializer has ended
		t.Error(n, err)
	}
}
