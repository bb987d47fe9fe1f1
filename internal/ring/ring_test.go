package ring

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

func letters(room int, all string) *Ring[string] {
	r := New(room, func(s string) int { return len(s) })
	for _, s := range strings.Fields(all) {
		r.Add(s)
	}
	return r
}

func TestNext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // so that Next does not wait
	for name, c := range map[string]struct {
		room   int
		all    string
		seen   uint64
		limit  int
		want   string
		missed uint64
	}{
		"nothing":                  {9, "", 0, 9, "", 0},
		"all":                      {9, "a b c", 0, 9, "a b c", 0},
		"the rest":                 {9, "a b c", 2, 9, "c", 0},
		"no rest":                  {9, "a b c", 3, 9, "", 0},
		"at most two":              {9, "a b c", 0, 2, "a b", 0},
		"two had to make room":     {2, "a b c d", 0, 9, "c d", 2},
		"one of them was seen":     {2, "a b c d", 1, 9, "c d", 1},
		"both were seen":           {2, "a b c d", 2, 9, "c d", 0},
		"one that is too large":    {2, "a b ccccc", 0, 9, "ccccc", 2},
		"one after it":             {2, "ccccc d", 1, 9, "d", 0},
		"a number of another ring": {9, "a b", 7, 9, "a b", 0},
	} {
		got, missed := letters(c.room, c.all).Next(ctx, c.seen, c.limit)
		if !slices.Equal(got, strings.Fields(c.want)) || missed != c.missed {
			t.Errorf("%s: %q, %d missed; want %q, %d", name, got, missed, c.want, c.missed)
		}
	}
}

func TestPosition(t *testing.T) {
	r, other := letters(9, "a b c"), letters(9, "a b c")
	for position, want := range map[string]uint64{
		r.Position(2): 2, r.Position(3): 3, r.Position(4): 0, other.Position(2): 0, "": 0, r.name + "-x": 0, "2": 0,
	} {
		if got := r.Number(position); got != want {
			t.Errorf("%q: %d, want %d", position, got, want)
		}
	}
}

func TestNextWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := letters(9, "a")
		got := make(chan []string, 3)
		for range 3 {
			go func() {
				items, _ := r.Next(t.Context(), 1, 9)
				got <- items
			}()
		}
		synctest.Wait()
		if len(got) > 0 {
			t.Fatal("it did not wait")
		}
		r.Add("b")
		for range 3 {
			if items := <-got; !slices.Equal(items, []string{"b"}) {
				t.Errorf("%q", items)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if items, _ := r.Next(ctx, 2, 9); items != nil {
			t.Errorf("after the end of the context: %q", items)
		}
		go func() {
			items, _ := r.Next(t.Context(), 2, 9)
			got <- items
		}()
		synctest.Wait()
		r.End()
		if items := <-got; items != nil {
			t.Errorf("after the end of the ring: %q", items)
		}
		if items, _ := r.Next(t.Context(), 1, 9); !slices.Equal(items, []string{"b"}) {
			t.Errorf("what is there after the end of the ring: %q", items)
		}
	})
}

// However slow a reader is, the memory of the ring has a bound.
func TestRoom(t *testing.T) {
	r := letters(1000, "")
	for range 1_000_000 {
		r.Add("0123456789")
	}
	if n := len(r.items); n != 100 || cap(r.items) > 1000 {
		t.Errorf("%d items, in a slice for %d", n, cap(r.items))
	}
	if items, missed := r.Next(t.Context(), 5, 2); len(items) != 2 || missed != 1_000_000-100-5 {
		t.Errorf("%d items, %d missed", len(items), missed)
	}
}
