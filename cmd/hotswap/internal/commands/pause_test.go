package commands

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// idle is the turn of a hotswap that steers. Whoever asks finds out whether a second key would be let in meanwhile.
type idle struct{ enter func() bool }

func (idle) Pass(context.Context, os.Signal) bool { return false }
func (idle) Keep(context.Context, os.Signal)      {}
func (idle) Moved() error                         { return nil }
func (i idle) Wait(context.Context) error {
	if i.enter() {
		return errors.New("a second key is let in")
	}
	return nil
}

// still watches files that do not change.
type still struct {
	unread error  // what Sync returns
	asked  func() // is called by Settled; nil: nothing is
}

func (still) Kept() int                    { return 0 }
func (s still) Sync(context.Context) error { return s.unread }
func (s still) Settled() bool {
	if s.asked != nil {
		s.asked()
	}
	return true
}

// booting is a supervisor whose program does not start until the test goes on, and then ends.
func booting(t *testing.T) *supervisor.Supervisor {
	t.Helper()
	goOn, ended := make(chan struct{}), make(chan struct{})
	s := supervisor.New(supervisor.Config{Command: []string{"play"}, Registry: reuseport.NewRegistry(nil), Environ: func() (supervisor.Environment, error) {
		<-goOn
		return supervisor.Environment{}, os.ErrClosed
	}})
	go func() { s.Run(context.Background()); close(ended) }()
	t.Cleanup(func() { close(goOn); <-ended })
	return s
}

// heard is a reporter that keeps what is said of pauses.
type heard struct {
	reporter
	mu    sync.Mutex
	lines []string
}

func (h *heard) say(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, line)
}

func (h *heard) Paused()     { h.say("paused") }
func (h *heard) Resumed(int) { h.say("resumed") }

// The key pressed twice pauses and resumes, however fast.
func TestTwoPressesOfTheKeyForAPause(t *testing.T) {
	said, sup := &heard{}, booting(t)
	var w *Commands
	w = New(Config{Supervisor: sup, Changes: still{}, Reporter: said, Turn: idle{func() bool {
		if w.toggling.TryLock() {
			t.Error("a second key is let in")
			return true
		}
		return false
	}}})
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { w.togglePause(t.Context()) })
	}
	both.Wait()
	if paused := sup.Status().Paused; paused != nil || !slices.Equal(said.lines, []string{"paused", "resumed"}) {
		t.Errorf("paused %v after %q", paused, said.lines)
	}
}
