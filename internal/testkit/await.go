package testkit

import (
	"sync"
	"testing"
	"time"
)

// Patience limits every wait of a test.
const Patience = 3 * time.Minute

// Await waits at c until is returns true, and reports whether it did so within Patience. The caller has locked
// c.L. Who changes what is looks at broadcasts.
func Await(c *sync.Cond, is func() bool) bool {
	late := false
	// With the lock: else the broadcast may come after the look at late and before the wait.
	timer := time.AfterFunc(Patience, func() {
		c.L.Lock()
		defer c.L.Unlock()
		late = true
		c.Broadcast()
	})
	defer timer.Stop()
	for !is() {
		if late {
			return false
		}
		c.Wait()
	}
	return true
}

// Eventually looks again and again, with pauses that grow to 50 ms, until look has nothing to complain of. It is for
// what tells nobody when it changes. The test fails after Patience.
func Eventually(t testing.TB, look func() error) {
	t.Helper()
	Within(t, Patience, look)
}

// Within is Eventually with another limit, for what this process alone brings about.
func Within(t testing.TB, limit time.Duration, look func() error) {
	t.Helper()
	end, pause := time.Now().Add(limit), 5*time.Millisecond
	for err := look(); err != nil; err = look() {
		if time.Now().After(end) {
			t.Fatal(err)
		}
		time.Sleep(pause)
		pause = min(pause+pause/10, 50*time.Millisecond)
	}
}
