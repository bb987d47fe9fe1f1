package proc

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A child that hangs in the kernel keeps whoever reads its environment waiting. Orders
// to keepers do not wait for that.
func TestHungStrayHoldsUpNobody(t *testing.T) {
	cmd, pids := bare(t, nil, []string{"wait"}, "wait") // a child of ours in a session of its own
	reads, goOn := make(chan int, 100), make(chan struct{})
	k := keeperSet{pids: map[int]keeperEntry{}, foreign: true, marker: testMarker, marked: func(pid int, _ string) bool {
		reads <- pid
		<-goOn
		return pid == pids["wait"]
	}}
	struck := make(chan bool)
	go func() { struck <- k.strike(map[Identity]bool{}) }()
	<-reads
	woken := make(chan struct{})
	go func() { k.wake(pids["wait"]); close(woken) }()
	select {
	case <-woken:
	case <-time.After(patience):
		t.Error("an order waits for the child")
	}
	close(goOn)
	if !<-struck {
		t.Error("the stray is not found")
	}
	<-woken
	if err := cmd.Wait(); err == nil { // strike may have waited for it
		t.Error("it was not killed")
	}
	if err := unix.Kill(pids["wait"], 0); err != unix.ESRCH {
		t.Errorf("it lives: %v", err)
	}
}
