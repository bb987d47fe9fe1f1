package main

import (
	"sync"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor"
)

// The parts of hotswap that run beside the loop ask whether another hotswap started
// this one. The loop drops its line to that one meanwhile: only the race detector
// sees the difference.
func TestWhoIsUpgradedIsNotTheLoopsAlone(t *testing.T) {
	r, err := newRenewal(options{}, lines{})
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs, err := linePair()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	r.younger, r.elder = true, ours
	var beside sync.WaitGroup
	beside.Go(func() {
		if !r.younger {
			t.Error("another hotswap started this one")
		}
	})
	r.notice(func(any) {})(supervisor.NoticeServing{Gen: 2})
	beside.Wait()
	if !r.younger || r.elder != nil {
		t.Errorf("younger %v, line %v", r.younger, r.elder)
	}
}
