package child

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The tests called TestState… run twice: in the memory of the test's process, and in a process that hotswap
// runs (TestBelowHotswap).

// limit bounds what a test waits for.
const limit = 3 * time.Minute

func background(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// clean deletes what other tests have left.
func clean(t *testing.T) {
	t.Helper()
	for i, err := range List(background(t), "") {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Delete(background(t), i.Key); err != nil {
			t.Fatal(err)
		}
	}
}

type cart struct {
	Owner string   `json:"owner"`
	Items []string `json:"items"`
}

func TestStateRoundTrip(t *testing.T) {
	clean(t)
	ctx := background(t)
	if _, err := Get[int](ctx, "round/none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a key that does not exist: %v", err)
	}
	back(t, "round/int", 42)
	back(t, "round/big", int64(1<<62+1))
	back(t, "round/text", "a \"quoted\" \u2028 text\n\x00")
	back(t, "round/struct", cart{"Ada", []string{"x", "y"}})
	back(t, "round/pointer", &cart{Owner: "Ada"})
	back(t, "round/map", map[string]int{"a": 1})
	back(t, "round/bytes", []byte{0, 1, 254, 255, '\n'})
	back(t, "round/empty", []byte{})
	back(t, "round/null", (*cart)(nil))
	back(t, "round/time", time.Unix(1234567, 89).UTC())
	back(t, "round/raw", json.RawMessage(`{"a":[1,2]}`))
	back[any](t, "round/any", []byte("bytes"))
	back[any](t, "round/any", map[string]any{"a": 1.5})
	back(t, "round/é \"\\\n/"+strings.Repeat("k", 400), "a key that needs quotes")
}

func back[T any](t *testing.T, key string, v T) {
	t.Helper()
	ctx := background(t)
	version, err := Set(ctx, key, v)
	if err != nil {
		t.Errorf("%s: %v", key, err)
		return
	}
	i, err := GetItem[T](ctx, key)
	if err != nil || !reflect.DeepEqual(i.Value, v) || i.Version != version || i.Key != key {
		t.Errorf("%s: %+v, %v; want %+v of version %d", key, i, err, v, version)
	}
}

func TestStateOfTheWrongType(t *testing.T) {
	clean(t)
	ctx := background(t)
	set(t, "type/bytes", []byte("x"))
	set(t, "type/json", "x")
	if _, err := Get[string](ctx, "type/bytes"); !errors.Is(err, ErrType) || !strings.Contains(err.Error(), "type/bytes") {
		t.Errorf("bytes as a string: %v", err)
	}
	if _, err := Get[[]byte](ctx, "type/json"); !errors.Is(err, ErrType) {
		t.Errorf("JSON as bytes: %v", err)
	}
	if _, err := Get[int](ctx, "type/json"); !errors.Is(err, ErrType) {
		t.Errorf("a string as a number: %v", err)
	}
	if _, err := Add(ctx, "type/json", 1); !errors.Is(err, ErrType) {
		t.Errorf("add to a string: %v", err)
	}
}

func set(t testing.TB, key string, v any, all ...Option) uint64 {
	t.Helper()
	version, err := Set(background(t), key, v, all...)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func TestStateVersions(t *testing.T) {
	clean(t)
	ctx := background(t)
	first := set(t, "version/a", 1, IfVersion(0))
	var other *VersionError
	if _, err := Set(ctx, "version/a", 2, IfVersion(0)); !errors.As(err, &other) || other.Version != first {
		t.Errorf("it exists: %v", err)
	}
	second := set(t, "version/a", 2, IfVersion(first))
	if second <= first {
		t.Errorf("version %d after %d", second, first)
	}
	if _, err := Set(ctx, "version/a", 3, IfVersion(first)); !errors.As(err, &other) || other.Version != second {
		t.Errorf("an old version: %v", err)
	}
	if _, err := Delete(ctx, "version/a", IfVersion(first)); !errors.As(err, &other) {
		t.Errorf("delete an old version: %v", err)
	}
	if found, err := Delete(ctx, "version/a", IfVersion(second)); !found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if found, err := Delete(ctx, "version/a"); found || err != nil {
		t.Errorf("deleted twice: %v, %v", found, err)
	}
	if again := set(t, "version/a", 1); again <= second {
		t.Errorf("version %d came again after %d", again, second)
	}
}

func TestStateTTL(t *testing.T) {
	clean(t)
	next, stop := pull(t, Watch[int](background(t), "ttl/a"))
	defer stop()
	if e := next(); !e.Synced { // else the key may have come and gone before the watch began
		t.Fatalf("%+v", e)
	}
	set(t, "ttl/a", 1, TTL(50*time.Millisecond))
	for e := next(); !e.Deleted; e = next() {
	}
	if _, err := Get[int](background(t), "ttl/a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("after its time: %v", err)
	}
}

func TestStateLimits(t *testing.T) {
	clean(t)
	ctx := background(t)
	set(t, "limit/value", make([]byte, 1<<20))
	set(t, "limit/value", strings.Repeat("\x01", 1<<17)) // as JSON six times as long
	for name, f := range map[string]func() error{
		"value": func() error { _, err := Set(ctx, "limit/value", make([]byte, 1<<20+1)); return err },
		"large": func() error { _, err := Set(ctx, "limit/value", make([]byte, 16<<20)); return err },
		"defined": func() error {
			_, err := Define(ctx, "limit/defined", func(context.Context) ([]byte, error) { return make([]byte, 1<<20+1), nil })
			return err
		},
		"key": func() error { _, err := Set(ctx, strings.Repeat("k", 513), 1); return err },
	} {
		if err := f(); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, key := range map[string]string{"empty": "", "not UTF-8": "a\xff"} {
		if _, err := Set(ctx, key, 1); err == nil {
			t.Errorf("%s key: no error", name)
		}
		if _, err := Get[int](ctx, key); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("%s key: %v", name, err)
		}
	}
	if _, err := Delete(ctx, "limit/value"); err != nil {
		t.Error(err)
	}
}

// The store takes 64 MiB, and has room again for what is deleted.
func TestMemoryIsFull(t *testing.T) {
	clean(t)
	ctx := background(t)
	n := 0
	for ; n < 100; n++ {
		if _, err := Set(ctx, "full/"+strconv.Itoa(n), make([]byte, 1<<20)); errors.Is(err, ErrFull) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n < 50 || n > 64 {
		t.Errorf("full after %d MiB", n)
	}
	for i := range n {
		if found, err := Delete(ctx, "full/"+strconv.Itoa(i)); !found || err != nil {
			t.Fatal(found, err)
		}
	}
	set(t, "full/0", make([]byte, 1<<20))
	_, _ = Delete(ctx, "full/0")
}

func TestStateUpdateIsExact(t *testing.T) {
	clean(t)
	ctx := background(t)
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
	if n, err := Get[int](ctx, "update/n"); n != workers*each || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	broken := errors.New("broken")
	if _, err := Update(ctx, "update/n", func(old int, _ bool) (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if n, err := Get[int](ctx, "update/n"); n != workers*each || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// More goroutines than hotswap takes open requests of a connection.
func TestStateManyGoroutines(t *testing.T) {
	clean(t)
	ctx := background(t)
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
	if n, err := Get[int](ctx, "many/n"); n != 2*many || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestStateList(t *testing.T) {
	clean(t)
	ctx := background(t)
	var want []string
	for i := range 2500 { // more than two pages
		key := fmt.Sprintf("list/%04d", i)
		want = append(want, key)
		set(t, key, []byte("xyz"))
	}
	set(t, "lisu", 1)
	var got []string
	for i, err := range List(ctx, "list/") {
		if err != nil || i.Size != 3 || i.Version == 0 {
			t.Fatal(i, err)
		}
		got = append(got, i.Key)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d keys, want %d", len(got), len(want))
	}
	for range List(ctx, "list/") {
		break
	}
	for i, err := range List(ctx, "none/") {
		t.Error(i, err)
	}
}

func TestStateNamespace(t *testing.T) {
	clean(t)
	ctx := background(t)
	one, two := Namespace("v1"), Namespace("v2")
	set(t, one.Key("a"), 1)
	set(t, two.Key("a"), 2)
	if n, err := Get[int](ctx, one.Key("a")); n != 1 || err != nil {
		t.Error(n, err)
	}
	for i, err := range List(ctx, two.Key("")) {
		if i.Key != two.Key("a") || err != nil {
			t.Error(i, err)
		}
	}
}
