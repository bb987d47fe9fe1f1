package testkit

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, n, began := sync.NewCond(new(sync.Mutex)), 0, time.Now()
		time.AfterFunc(time.Second, func() { c.L.Lock(); defer c.L.Unlock(); n++; c.Broadcast() })
		c.L.Lock()
		defer c.L.Unlock()
		if took := func() time.Duration { return time.Since(began) }; !Await(c, func() bool { return n == 1 }) || took() != time.Second {
			t.Errorf("what came after 1 s came after %v", took())
		}
		if Await(c, func() bool { return n == 2 }) {
			t.Error("what never comes has come")
		}
	})
}
