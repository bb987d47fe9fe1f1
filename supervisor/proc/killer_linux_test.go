package proc

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// It looks quickly while processes come and go, then once a second, and no more when none is left.
func TestKillerLooksLessAndLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // guards what follows
		tree := []int{7, 8}
		looks, killed := 0, map[int]int{}

		none := make(chan struct{})
		go killAll(func() []int {
			mu.Lock()
			defer mu.Unlock()
			looks++
			return slices.Clone(tree)
		}, func(pid int) {
			mu.Lock()
			defer mu.Unlock()
			killed[pid]++
		}, none)
		// in lets time pass, and says how many looks there were, and how many kills of pid.
		in := func(d time.Duration, pid int) (int, int) {
			time.Sleep(d)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			defer func() { looks, killed = 0, map[int]int{} }()
			return looks, killed[pid]
		}
		if n, kills := in(10*time.Second, 8); n < 10 || n > 8+10 || kills != n {
			t.Errorf("%d looks in 10 s, %d kills", n, kills)
		}
		mu.Lock()
		tree = []int{8, 9} // 7 has left 9 behind
		mu.Unlock()
		if n, kills := in(2*KillLater, 9); n < 5 || kills != n {
			t.Errorf("%d looks in 2 s when things have changed, %d kills", n, kills)
		}
		close(none)
		in(0, 0)
		if n, _ := in(time.Minute, 0); n > 0 {
			t.Errorf("%d looks when nothing was left", n)
		}
	})
}
