package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// next returns the events of a watcher as text.
func next(w *Watcher, limit int) string {
	var out []string
	events, more := w.Next(limit)
	for _, e := range events {
		switch e.Kind {
		case EventSet:
			out = append(out, e.Item.Key+"="+string(e.Item.Value.JSON))
		case EventDelete:
			out = append(out, "-"+e.Item.Key)
		case EventReady:
			out = append(out, "ready")
		}
	}
	if more {
		out = append(out, "…")
	}
	return strings.Join(out, " ")
}

func TestWatchKey(t *testing.T) {
	s := New(Limits{})
	wakes := 0
	missing := s.Watch("b", false, func() { wakes++ })
	if got := next(missing, 9); got != "ready" {
		t.Error(got)
	}
	mustSet(t, s, "a", "1")
	w := s.Watch("a", false, func() { wakes++ })
	mustSet(t, s, "a", "2")
	if got := next(w, 9); got != "a=2 ready" {
		t.Error(got)
	}
	mustSet(t, s, "a", "3")
	mustSet(t, s, "a", "4")
	s.Delete("a", nil)
	mustSet(t, s, "c", "1")
	if wakes != 1 {
		t.Errorf("woken %d times", wakes)
	}
	if got := next(w, 9); got != "-a" {
		t.Error(got)
	}
	w.Close()
	mustSet(t, s, "a", "5")
	if events, more := w.Next(9); wakes != 1 || events != nil || more || w.Err() != nil || len(s.watchers) != 1 {
		t.Error("a closed watcher goes on")
	}
}

func TestWatchPrefix(t *testing.T) {
	s := New(Limits{})
	wakes := 0
	for _, key := range []string{"b", "a/1", "a/2", "a/3"} {
		mustSet(t, s, key, "1")
	}
	s.Delete("a/3", nil)
	w := s.Watch("a/", true, func() { wakes++ })
	for i, want := range []string{"a/1=1 …", "a/2=1 …", "ready"} {
		if got := next(w, 1); got != want {
			t.Errorf("%d: %s", i, got)
		}
	}
	mustSet(t, s, "b", "2")
	if wakes != 0 {
		t.Error("woken by another key")
	}
	mustSet(t, s, "a/1", "2")
	s.Delete("a/2", nil)
	mustSet(t, s, "a/1", "3")
	mustSet(t, s, "a/4", "1")
	if wakes != 1 {
		t.Errorf("woken %d times", wakes)
	}
	if got := next(w, 9); got != "-a/2 a/1=3 a/4=1" {
		t.Error(got)
	}
	s.Delete("a/1", nil)
	mustSet(t, s, "a/1", "4")
	if got := next(w, 9); got != "a/1=4" {
		t.Error(got)
	}
	w.Close()
	if len(s.watchers) != 0 {
		t.Error("a closed watcher leaves something")
	}
}

// Keys may be written for as long as a watcher does not look: only their number costs memory.
func TestSlowWatcherIsBounded(t *testing.T) {
	s := New(Limits{Keys: 10})
	woken := 0
	slow := s.Watch("", true, func() { woken++ })
	slow.Next(9)
	other := s.Watch("x", true, func() {})
	other.Next(9)
	for i := range 200 {
		key := fmt.Sprint(i % 10)
		mustSet(t, s, key, "1")
		s.Delete(key, nil)
	}
	if slow.Err() != nil || len(slow.newest) != 10 || len(slow.queue) > 21 || woken != 1 {
		t.Fatal(slow.Err(), len(slow.newest), len(slow.queue), woken)
	}
	for i := range 20 {
		mustSet(t, s, fmt.Sprint("another ", i), "1")
		s.Delete(fmt.Sprint("another ", i), nil)
	}
	if !errors.Is(slow.Err(), ErrLagging) || woken != 2 || other.Err() != nil || len(s.watchers) != 1 {
		t.Error(slow.Err(), woken, other.Err(), len(s.watchers))
	}
}
