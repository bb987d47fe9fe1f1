package store

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
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

func TestSumOfMoreThan64Bits(t *testing.T) {
	s := New(Standard)
	mustSet(t, s, "max", "9223372036854775807")
	if _, err := s.Add("max", 1); !errors.Is(err, ErrType) {
		t.Error(err)
	}
	if item, err := s.Add("max", -1<<63); err != nil || string(item.Value.JSON) != "-1" {
		t.Error(item, err)
	}
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

func TestList(t *testing.T) {
	s := New(Standard)
	for _, key := range []string{"b", "a/2", "a/1", "a", "a/3", "c"} {
		mustSet(t, s, key, "null")
	}
	for _, c := range []struct {
		prefix, after string
		limit         int
		want          string
		more          bool
	}{
		{"", "", 10, "a a/1 a/2 a/3 b c", false},
		{"", "a", 2, "a/1 a/2", true},
		{"a/", "", 10, "a/1 a/2 a/3", false},
		{"a/", "a/1", 1, "a/2", true},
		{"a/", "a/2", 1, "a/3", false},
		{"a", "", 1, "a", true},
		{"a", "a", 1, "a/1", true},
		{"a/", "b", 1, "", false},
		{"b", "a/2", 9, "b", false},
		{"x", "", 9, "", false},
	} {
		infos, more := s.List(c.prefix, c.after, c.limit)
		var keys []string
		for _, info := range infos {
			keys = append(keys, info.Key)
		}
		if got := strings.Join(keys, " "); got != c.want || more != c.more {
			t.Errorf("%+v: %q, %v", c, got, more)
		}
	}
	s.Delete("a")
	if infos, _ := s.List("", "", 1); len(infos) != 1 || infos[0].Key != "a/1" || infos[0].Size != 4 || infos[0].Version != 3 {
		t.Errorf("%+v", infos)
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
