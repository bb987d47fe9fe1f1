package store

import (
	"bytes"
	"encoding/gob"
	"testing"
	"testing/synctest"
	"time"
)

// moved returns the store in another process.
func moved(t *testing.T, s *Store) *Store {
	t.Helper()
	snap, err := s.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(snap); err != nil {
		t.Fatal(err)
	}
	snap = Snapshot{}
	if err := gob.NewDecoder(&b).Decode(&snap); err != nil {
		t.Fatal(err)
	}
	next := New(Limits{})
	next.Restore(snap)
	return next
}

func TestStoreTravels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Limits{})
		mustSet(t, s, "a", "1")
		mustSet(t, s, "b/1", "1")
		mustSet(t, s, "b/2", "1")
		if _, err := s.Set("c", Value{Bytes: []byte{}}, Write{TTL: time.Minute}); err != nil {
			t.Fatal(err)
		}
		wake := func() {}
		told, behind, begun, key := s.Watch("b", true, wake), s.Watch("b", true, wake), s.Watch("b", true, wake), s.Watch("a", false, wake)
		next(told, 9)
		next(behind, 9)
		next(begun, 1)
		next(key, 9)
		s.Delete("b/1", nil)
		mustSet(t, s, "b/3", "1")
		next(told, 9)
		s.Delete("a", nil)
		states := []WatchState{told.State(), behind.State(), begun.State(), key.State()}
		version := s.version
		s = moved(t, s)
		defer s.Close()
		var watchers []*Watcher
		for _, st := range states {
			watchers = append(watchers, s.WatchFrom(st, wake))
		}
		s.Restored()
		for i, want := range []string{"", "-b/1 b/3=1", "b/2=1 -b/1 b/3=1 ready", "-a"} {
			if got := next(watchers[i], 9); got != want {
				t.Errorf("watcher %d: %q, want %q", i, got, want)
			}
		}
		if s.version != version || s.total != 3*2+1+2 || s.graves.Len() != 0 {
			t.Errorf("version %d, %d bytes, %d tombstones", s.version, s.total, s.graves.Len())
		}
		item, ok := s.Get("c")
		time.Sleep(time.Minute)
		if _, still := s.Get("c"); !ok || item.Value.Bytes == nil || still {
			t.Error(item, ok, still)
		}
	})
}

func TestTurnsTravel(t *testing.T) {
	s := New(Limits{})
	all := []*definer{{}, {}}
	turn, _ := s.Resume("a", time.Hour, func(a Answer) { all[0].answers = append(all[0].answers, a) })
	all[1] = define(s, "a")
	expect(t, "resumed", all, "", "")
	turn.Defined(js("1"))
	expect(t, "defined", all, "1 ", "1 ")
	if item, _ := s.Get("a"); item.Expires.IsZero() {
		t.Error("the time to live was lost")
	}
	s.Close()
}

func TestAttach(t *testing.T) {
	m := newMemory()
	m.items = map[string]Item{
		"same": {Key: "same", Value: js("1"), Version: 1}, "older": {Key: "older", Value: js("1"), Version: 2},
		"more": {Key: "more", Value: js("1"), Version: 90}, "over": {Key: "over", Value: js("1"), Version: 3, Expires: time.Now().Add(-time.Hour)},
	}
	m.version = 99
	s := New(Limits{})
	mustSet(t, s, "same", "1")
	mustSet(t, s, "older", "2")
	mustSet(t, s, "older", "3")
	mustSet(t, s, "new", "4")
	if err := s.Attach(m); err != nil {
		t.Fatal(err)
	}
	if got := m.String(); got != "more=1@90 new=4@4 older=3@3 same=1@1" || all(s) != got {
		t.Errorf("the journal has %s, the store %s", got, all(s))
	}
	if v := mustSet(t, s, "a", "1"); v != 100 {
		t.Error(v)
	}
	if err := s.Close(); err != nil || m.closed != 1 {
		t.Error(err)
	}
}
