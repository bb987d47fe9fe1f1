package store

import (
	stdheap "container/heap"
	"time"
)

// heap has the entries that expire, the first of them first. It implements heap.Interface.
type heap []*entry

func (h heap) Len() int           { return len(h) }
func (h heap) Less(i, j int) bool { return h[i].Expires.Before(h[j].Expires) }

func (h heap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].heap, h[j].heap = i, j
}

func (h *heap) Push(x any) {
	e := x.(*entry)
	e.heap = len(*h)
	*h = append(*h, e)
}

func (h *heap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	e.heap = -1
	return e
}

// scheduleLocked puts the entry where its end belongs.
func (s *Store) scheduleLocked(e *entry) {
	switch {
	case e.Expires.IsZero() && e.heap >= 0:
		stdheap.Remove(&s.expiry, e.heap)
	case e.Expires.IsZero():
	case e.heap >= 0:
		stdheap.Fix(&s.expiry, e.heap)
	default:
		stdheap.Push(&s.expiry, e)
	}
}

// expireLocked deletes what has expired. Every call does that first, so no call sees a key
// whose time is over while the timer is late.
func (s *Store) expireLocked() {
	if len(s.expiry) == 0 || s.closed {
		return
	}
	for now := s.now(); len(s.expiry) > 0 && !s.expiry[0].Expires.After(now); {
		s.deleteLocked(s.expiry[0])
	}
}

// armLocked makes the timer fire when the next key expires.
func (s *Store) armLocked() {
	if len(s.expiry) == 0 || s.closed {
		s.armed = time.Time{} // a timer that still fires finds nothing
		return
	}
	next := s.expiry[0].Expires
	if next.Equal(s.armed) {
		return
	}
	s.armed = next
	wait := next.Sub(s.now())
	if s.timer == nil {
		s.timer = time.AfterFunc(wait, s.expire)
	} else {
		s.timer.Reset(wait)
	}
}

func (s *Store) expire() {
	s.mu.Lock()
	s.armed = time.Time{}
	s.expireLocked()
	s.unlock()
}
