package hotswap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The tests called TestState… run twice: in the memory of the test's process, and in a process that hotswap
// runs (client_go.txtar of cmd/hotswap).

// limit bounds what a test waits for.
const limit = 3 * time.Minute

func background(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// clean deletes what other tests have left.
func clean(t *testing.T) context.Context {
	t.Helper()
	ctx := background(t)
	all, err := List(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if _, err := Delete(ctx, i.Key); err != nil {
			t.Fatal(err)
		}
	}
	return ctx
}

func put(t testing.TB, key string, v any, all ...Option) {
	t.Helper()
	if err := Set(background(t), key, v, all...); err != nil {
		t.Fatal(err)
	}
}

type cart struct {
	Owner string   `json:"owner"`
	Items []string `json:"items"`
}

func TestStateRoundTrip(t *testing.T) {
	ctx := clean(t)
	if _, err := Get[int](ctx, "round/none"); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "get round/none") {
		t.Errorf("a key that does not exist: %v", err)
	}
	back(t, "round/int", 42)
	back(t, "round/big", int64(1<<62+1))
	back(t, "round/text", "a \"quoted\" \u2028 text\n\x00")
	back(t, "round/struct", cart{"Ada", []string{"x", "y"}})
	back(t, "round/map", map[string]int{"a": 1})
	back(t, "round/bytes", []byte{0, 1, 254, 255, '\n'})
	back(t, "round/empty", []byte{})
	back(t, "round/null", (*cart)(nil))
	back(t, "round/raw", json.RawMessage(`{"a":[1,2]}`))
	back[any](t, "round/any", []byte("bytes"))
	back(t, "round/é \"\\\n/"+strings.Repeat("k", 400), "a key that needs quotes")
	if found, err := Delete(ctx, "round/int"); !found || err != nil {
		t.Error(found, err)
	}
	if found, err := Delete(ctx, "round/int"); found || err != nil {
		t.Error(found, err)
	}
}

func back[T any](t *testing.T, key string, v T) {
	t.Helper()
	put(t, key, v)
	if got, err := Get[T](background(t), key); err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("%s: %+v, %v; want %+v", key, got, err, v)
	}
}

// A value that is read is a copy.
func TestStateIsCopied(t *testing.T) {
	ctx := clean(t)
	given := []byte{1}
	put(t, "copy", given)
	given[0] = 2
	got, err := Get[[]byte](ctx, "copy")
	if err != nil {
		t.Fatal(err)
	}
	got[0] = 3
	if got, err := Get[[]byte](ctx, "copy"); err != nil || got[0] != 1 {
		t.Error(got, err)
	}
}

func TestStateOfTheWrongType(t *testing.T) {
	ctx := clean(t)
	put(t, "type/bytes", []byte("x"))
	put(t, "type/json", "x")
	_, bytesAsText := Get[string](ctx, "type/bytes")
	_, textAsBytes := Get[[]byte](ctx, "type/json")
	_, textAsNumber := Get[int](ctx, "type/json")
	_, sum := Add(ctx, "type/json", 1)
	for _, err := range []error{bytesAsText, textAsBytes, textAsNumber, sum} {
		if !errors.Is(err, ErrType) {
			t.Error(err)
		}
	}
	for _, v := range []any{func() {}, make(chan int), map[string]any{"f": func() {}}} {
		if err := Set(ctx, "refused", v); err == nil {
			t.Errorf("%T is kept", v)
		}
	}
}

func TestStateTTL(t *testing.T) {
	clean(t)
	next, stop := pull(t, Watch[int](background(t), "ttl/a"))
	defer stop()
	if e := next(); !e.Synced { // else the key may have come and gone before the watch began
		t.Fatalf("%+v", e)
	}
	put(t, "ttl/a", 1, TTL(50*time.Millisecond))
	for e := next(); !e.Deleted; e = next() {
	}
	if _, err := Get[int](background(t), "ttl/a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("after its time: %v", err)
	}
	put(t, "ttl/b", 1, TTL(time.Millisecond))
	put(t, "ttl/b", 2) // has no end
	put(t, "ttl/c", 1, TTL(time.Millisecond))
	for _, err := Get[int](background(t), "ttl/c"); !errors.Is(err, ErrNotFound); _, err = Get[int](background(t), "ttl/c") {
	}
	if n, err := Get[int](background(t), "ttl/b"); n != 2 || err != nil {
		t.Error(n, err)
	}
}

func TestStateLimits(t *testing.T) {
	ctx := clean(t)
	put(t, "limit/value", make([]byte, 1<<20))
	put(t, "limit/value", strings.Repeat("\x01", 1<<17)) // as JSON six times as long
	_, defined := Define(ctx, "limit/defined", func(context.Context) ([]byte, error) { return make([]byte, 1<<20+1), nil })
	for name, err := range map[string]error{
		"value": Set(ctx, "limit/value", make([]byte, 1<<20+1)), "defined": defined, "key": Set(ctx, strings.Repeat("k", 513), 1),
	} {
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, key := range map[string]string{"empty": "", "not UTF-8": "a\xff"} {
		if _, err := Get[int](ctx, key); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("%s key: %v", name, err)
		}
	}
	if _, err := Delete(ctx, "limit/value"); err != nil {
		t.Error(err)
	}
}

func TestStateUpdateIsExact(t *testing.T) {
	ctx := clean(t)
	const workers, each = 16, 50
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for range each {
				if _, err := Update(ctx, "update/n", func(old int, exists bool) (int, error) {
					if exists != (old > 0) {
						t.Errorf("exists is %v at %d", exists, old)
					}
					return old + 1, nil
				}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	broken := errors.New("broken")
	if _, err := Update(ctx, "update/n", func(int, bool) (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if n, err := Get[int](ctx, "update/n"); n != workers*each || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestStateManyGoroutines(t *testing.T) {
	ctx := clean(t)
	const many = 5000
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			if _, err := Add(ctx, "many/n", 2); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n, err := Add(ctx, "many/n", -1); n != 2*many-1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestStateList(t *testing.T) {
	ctx := clean(t)
	var want []string
	for i := range 2500 { // more than two pages
		key := fmt.Sprintf("list/%04d", i)
		want = append(want, key)
		put(t, key, []byte("xyz"))
	}
	put(t, "lisu", 1)
	all, err := List(ctx, "list/")
	var got []string
	for _, i := range all {
		if got = append(got, i.Key); i.Size != 3 {
			t.Errorf("%+v", i)
		}
	}
	if !slices.Equal(got, want) || err != nil {
		t.Errorf("%d keys, want %d; %v", len(got), len(want), err)
	}
	if none, err := List(ctx, "none/"); len(none) > 0 || err != nil {
		t.Error(none, err)
	}
}

func TestStateDefine(t *testing.T) {
	ctx := clean(t)
	ran, release := 0, make(chan struct{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			n, err := Define(ctx, "define/a", func(context.Context) (int, error) {
				<-release
				ran++ // a race if two run
				return ran, nil
			})
			if n != 1 || err != nil {
				t.Error(n, err)
			}
		})
	}
	close(release)
	all.Wait()
	// What another one has set while the initializer ran is what counts.
	n, err := Define(ctx, "define/set", func(context.Context) (int, error) {
		put(t, "define/set", 7)
		return 1, nil
	})
	if n != 7 || err != nil {
		t.Error(n, err)
	}
}

// The caller whose initializer failed gets its error, and the next one runs its own.
func TestStateDefineFails(t *testing.T) {
	ctx := clean(t)
	broken := errors.New("broken")
	begun, fail := make(chan struct{}), make(chan struct{})
	first, gaveUp, second := make(chan error, 1), make(chan error, 1), make(chan int, 1)
	go func() {
		_, err := Define(ctx, "define/fails", func(context.Context) (int, error) {
			close(begun)
			<-fail
			return 0, broken
		})
		first <- err
	}()
	<-begun
	brief, cancel := context.WithCancel(ctx)
	go func() {
		_, err := Define(brief, "define/fails", func(context.Context) (int, error) { t.Error("two at a time"); return 0, nil })
		gaveUp <- err
	}()
	cancel()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
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

func TestStateAfterTheContext(t *testing.T) {
	clean(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, f := range map[string]func() error{
		"get":   func() error { _, err := Get[int](ctx, "a"); return err },
		"set":   func() error { return Set(ctx, "a", 1) },
		"lease": func() error { return Lease(ctx, "a", func(context.Context) error { return nil }) },
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
