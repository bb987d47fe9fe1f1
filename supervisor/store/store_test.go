package store

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func js(text string) Value { return Value{JSON: []byte(text)} }

func ptr(version uint64) *uint64 { return &version }

// mustSet sets a key and returns its version.
func mustSet(t *testing.T, s *Store, key, text string) uint64 {
	t.Helper()
	version := testkit.Must(s.Set(key, js(text), 0, nil))(t)
	return version
}

func TestLimits(t *testing.T) {
	s := New(Limits{Key: 4, Value: 10, Total: 25, Keys: 3})
	for _, c := range []struct {
		key  string
		size int
		want error
	}{
		{"abcde", 1, ErrTooLarge}, {"a", 11, ErrTooLarge},
		{"a", 10, nil}, {"b", 10, nil}, // 22 bytes
		{"c", 3, ErrFull}, {"c", 1, nil}, {"d", 0, ErrFull}, // 24 bytes, 3 keys
		{"c", 3, ErrFull}, {"a", 2, nil}, {"c", 10, nil},
	} {
		_, err := s.Set(c.key, Value{Bytes: make([]byte, c.size)}, 0, nil)
		if !errors.Is(err, c.want) {
			t.Errorf("%q, %d bytes: %v, want %v", c.key, c.size, err, c.want)
		}
	}
	if keys, bytes := s.Stats(); keys != 3 || bytes != 25 {
		t.Errorf("%d keys, %d bytes", keys, bytes)
	}
	if err := s.Check("abcde"); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

// A snapshot has everything, also as JSON, and puts it in the place of what there is.
func TestSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Standard)
		mustSet(t, s, "deleted", "1")
		for key, v := range map[string]Value{"json": js(`{"a":"ü"}`), "null": js("null"), "bytes": {Bytes: []byte{0, 255}}, "empty": {Bytes: []byte{}}} {
			testkit.Must(s.Set(key, v, 0, nil))(t)
		}
		for key, ttl := range map[string]time.Duration{"short": time.Second, "long": time.Hour} {
			testkit.Must(s.Set(key, js("1"), ttl, nil))(t)
		}
		s.Delete("deleted")
		text, err := json.Marshal(s.Snapshot())
		var all Snapshot
		testkit.NoError(t, errors.Join(err, json.Unmarshal(text, &all)))
		time.Sleep(time.Minute)
		other := New(Standard)
		mustSet(t, other, "other", "1")
		other.Restore(all)
		synctest.Wait()
		infos, _ := other.List("", "", 99)
		for _, info := range infos {
			was, _ := s.Get(info.Key)
			if is, ok := other.Get(info.Key); !ok || !is.Expires.Equal(was.Expires) || is.Version != was.Version || !reflect.DeepEqual(is.Value, was.Value) {
				t.Errorf("%+v, was %+v", is, was)
			}
		}
		if keys, _ := other.Stats(); len(infos) != 5 || keys != 5 {
			t.Errorf("%+v, %d keys", infos, keys)
		}
		if v := mustSet(t, other, "json", "1"); v != s.Snapshot().Version+1 { // the end of short has one of both
			t.Errorf("version %d", v)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if keys, _ := other.Stats(); keys != 4 {
			t.Error("a key of the snapshot does not expire")
		}
	})
}
