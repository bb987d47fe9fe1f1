package commands

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/report"
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

// keeper is paused or not.
type keeper struct {
	mu     sync.Mutex
	paused bool
	unread error // what Sync returns
}

func (k *keeper) Pause() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	was := k.paused
	k.paused = true
	return !was
}

func (k *keeper) Resume() (files int, was bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	was, k.paused = k.paused, false
	return 0, was
}

func (k *keeper) Paused() *report.PauseStatus {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.paused {
		return nil
	}
	return &report.PauseStatus{}
}

func (k *keeper) Sync(context.Context) error { return k.unread }
func (k *keeper) Settled() bool              { return true }

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
	said, k := &heard{}, &keeper{}
	var w *Commands
	w = New(Config{Changes: k, Reporter: said, Turn: idle{func() bool {
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
	if k.paused || !slices.Equal(said.lines, []string{"paused", "resumed"}) {
		t.Errorf("paused %v after %q", k.paused, said.lines)
	}
}
