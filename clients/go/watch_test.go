package hotswap

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// pull returns what gives the next event.
func pull[T any](t *testing.T, all func(func(Event[T], error) bool)) (next func() Event[T], stop func()) {
	t.Helper()
	events, done, over := make(chan Event[T]), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for e, err := range all {
			if err != nil {
				t.Error(err)
				return
			}
			select {
			case events <- e:
			case <-done:
				return
			}
		}
	}()
	return func() Event[T] {
		t.Helper()
		select {
		case e := <-events:
			return e
		case <-over:
			t.Fatal("the watch has ended")
		case <-time.After(limit):
			t.Fatal("no event")
		}
		return Event[T]{}
	}, sync.OnceFunc(func() { close(done) })
}

func TestStateWatch(t *testing.T) {
	clean(t)
	ctx, cancel := context.WithCancel(background(t))
	defer cancel()
	put(t, "watch/a", 1)
	next, stop := pull(t, Watch[int](ctx, "watch/a"))
	defer stop()
	wants := func(want Event[int]) {
		t.Helper()
		if e := next(); e != want {
			t.Errorf("%+v, want %+v", e, want)
		}
	}
	wants(Event[int]{Key: "watch/a", Value: 1})
	wants(Event[int]{Synced: true})
	put(t, "watch/a", 2)
	wants(Event[int]{Key: "watch/a", Value: 2})
	if _, err := Delete(ctx, "watch/a"); err != nil {
		t.Fatal(err)
	}
	wants(Event[int]{Key: "watch/a", Deleted: true})
}

// A slow reader gets the newest value of each key, and the watch of a prefix only its keys.
func TestStateWatchSlowly(t *testing.T) {
	clean(t)
	ctx := background(t)
	next, stop := pull(t, WatchPrefix[int](ctx, "slowly/"))
	defer stop()
	if e := next(); !e.Synced {
		t.Fatalf("%+v", e)
	}
	put(t, "slowlz", 1)
	const writes = 3000
	for i := 1; i <= writes; i++ {
		put(t, "slowly/a", i)
		put(t, "slowly/b", i)
	}
	seen, last := 0, map[string]int{}
	for last["slowly/a"] < writes || last["slowly/b"] < writes {
		e := next()
		if seen++; e.Value <= last[e.Key] || !strings.HasPrefix(e.Key, "slowly/") {
			t.Fatalf("%+v after %v", e, last)
		}
		last[e.Key] = e.Value
	}
	t.Logf("%d events for %d writes", seen, 2*writes)
}

func TestStateWatchEnds(t *testing.T) {
	clean(t)
	ctx, cancel := context.WithCancel(background(t))
	defer cancel()
	for e, err := range Watch[int](ctx, "ends/a") {
		if err != nil || !e.Synced {
			t.Errorf("%+v, %v", e, err)
		}
		cancel()
	}
	for e, err := range Watch[int](ctx, "ends/a") {
		t.Errorf("%+v, %v after the end", e, err)
	}
	put(t, "ends/text", "x")
	for e, err := range Watch[int](background(t), "ends/text") {
		if !errors.Is(err, ErrType) {
			t.Errorf("%+v, %v", e, err)
		}
		break
	}
}
