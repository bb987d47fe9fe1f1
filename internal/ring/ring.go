// Package ring keeps the newest of a row of items for readers that come and go. A reader has no buffer of its
// own, only the number of the last item that it has: however slow it is, it costs no memory and delays nobody.
// It learns how many items it has missed.
package ring

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Ring keeps the newest items. Its methods may be called from any goroutine.
type Ring[T any] struct {
	size func(T) int // in bytes
	name string      // random: a ring of another process has another one

	mu    sync.Mutex // guards what follows
	room  int        // bytes
	items []T
	last  uint64 // the number of the newest item; the first one has 1
	added wait.Change
	ended bool
}

// New returns a ring for items of together room bytes. The newest item is kept even if it is larger.
func New[T any](room int, size func(T) int) *Ring[T] {
	return &Ring[T]{room: room, size: size, name: rand.Text()[:8]}
}

// Position returns as text where a reader is that has the item with this number, for a client that comes again.
func (r *Ring[T]) Position(number uint64) string { return fmt.Sprintf("%s-%d", r.name, number) }

// Number returns the number of a position; 0: it is none of this ring.
func (r *Ring[T]) Number(position string) uint64 {
	text, ours := strings.CutPrefix(position, r.name+"-")
	number, err := strconv.ParseUint(text, 10, 64)
	if !ours || err != nil || number > r.Last() {
		return 0
	}
	return number
}

// Add adds an item, and removes old ones to make room. It does not block.
func (r *Ring[T]) Add(item T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.room -= r.size(item)
	r.items = append(r.items, item)
	r.last++
	for r.room < 0 && len(r.items) > 1 {
		r.room += r.size(r.items[0])
		clear(r.items[:1]) // so that the item can be freed before its slice is
		r.items = r.items[1:]
	}
	r.added.Now()
}

// End ends the waiting of all readers. They still get what is there.
func (r *Ring[T]) End() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	r.added.Now()
}

// Last returns the number of the newest item, or 0.
func (r *Ring[T]) Last() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// Next waits until there are items after the one with the number seen, and returns at most limit of them, and how many
// are missing before them, because they had to make room. A number that no item has had yet counts as 0. The last of
// the items has the number seen + missed + len(items). Next returns no items when ctx or the ring ends.
func (r *Ring[T]) Next(ctx context.Context, seen uint64, limit int) (items []T, missed uint64) {
	for {
		r.mu.Lock()
		items, missed = r.after(seen, limit)
		if len(items) > 0 || r.ended {
			r.mu.Unlock()
			return items, missed
		}
		added := r.added.Next()
		r.mu.Unlock()
		if wait.On(ctx, added) != nil {
			return nil, 0
		}
	}
}

func (r *Ring[T]) after(seen uint64, limit int) (items []T, missed uint64) {
	if seen > r.last {
		seen = 0
	}
	kept := uint64(len(r.items))
	if gone := r.last - kept; seen < gone {
		missed, seen = gone-seen, gone
	}
	items = r.items[kept-(r.last-seen):]
	return append([]T(nil), items[:min(limit, len(items))]...), missed
}
