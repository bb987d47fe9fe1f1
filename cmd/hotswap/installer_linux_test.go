package main

import (
	"os"
	"testing"
)

func TestIsBelow(t *testing.T) {
	me, parent := os.Getpid(), os.Getppid()
	for _, c := range []struct {
		pid, of int
		want    bool
	}{{me, parent, true}, {parent, me, false}, {me, me, false}, {1 << 30, me, false}, {1, me, false}} {
		if got := isBelow(c.pid, c.of); got != c.want {
			t.Errorf("%d below %d: %t", c.pid, c.of, got)
		}
	}
}
