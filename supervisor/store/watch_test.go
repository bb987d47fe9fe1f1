package store

import (
	"errors"
	"fmt"
	"testing"
)

// Keys may be written for as long as a watcher does not look: only their number costs memory.
func TestSlowWatcherIsBounded(t *testing.T) {
	s := New(Limits{Keys: 10})
	woken := 0
	slow := s.Watch("", true, func() { woken++ })
	slow.Next(9)
	other := s.Watch("x", true, func() { t.Error("woken by another key") })
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
