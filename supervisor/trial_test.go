package supervisor

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// passed performs a play in which a trial boots, and a generation has passed it over.
func passed(t *testing.T, th *theatre, test func(*testing.T, *Supervisor, func() []Notice)) {
	t.Helper()
	th.trial.Store(true)
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []Notice) {
		time.Sleep(1500 * time.Millisecond)
		if got := standbyOf(s); got != "2 102 trial 0" {
			t.Errorf("standby %q", got)
		}
		if th.actors[1].rests.Load() {
			t.Error("the trial gives way to nothing")
		}
		th.noted()
		began := time.Now()
		if swap(t, s) || time.Since(began) != 0 {
			t.Errorf("the trial was taken, or waited for: %v", time.Since(began))
		}
		if err := unused(told()); !errors.Is(err, errTrial) {
			t.Errorf("told %v", err)
		}
		synctest.Wait()
		test(t, s, told)
	})
}

// A save that comes while a trial boots starts its generation beside the trial, which gives
// way, goes on, and ends when it waits. The next standby is no trial.
func TestTrialIsPassedOver(t *testing.T) {
	th := &theatre{}
	passed(t, th, func(t *testing.T, s *Supervisor, told func() []Notice) {
		// The standby's goroutine compares while the loop starts the generation.
		if got := th.noted(); strings.Count(got, "compare 2") != 1 || !strings.Contains(got, "start 103 ahead false") || !strings.Contains(got, "101 ends") {
			t.Errorf("noted %s", got)
		}
		if !th.actors[1].rests.Load() {
			t.Error("the trial does not give way")
		}
		th.trial.Store(false) // it is proven
		time.Sleep(10 * time.Second)
		th.wantNotes(t, "learn 3 103 [103], terminated, 102 ends, close 2, compare 4, start 104 ahead true")
		if len(refused(told())) > 0 || !swap(t, s) {
			t.Error("there is no standby")
		}
	})
}

// A trial that was passed over ends at once when its plan is outdated, with a pause, and with
// hotswap.
func TestTrialEnds(t *testing.T) {
	ended := func(t *testing.T, th *theatre, began time.Time) {
		t.Helper()
		if got := th.noted(); !strings.Contains(got, "102 ends") || !strings.Contains(got, "close 2") || time.Since(began) != 0 {
			t.Errorf("after %v: %s", time.Since(began), got)
		}
	}
	outdated := &theatre{outdated: func() error { return errNoGood }}
	passed(t, outdated, func(t *testing.T, s *Supervisor, told func() []Notice) {
		ended(t, outdated, time.Now())
	})
	paused := &theatre{}
	passed(t, paused, func(t *testing.T, s *Supervisor, told func() []Notice) {
		began := time.Now()
		if number, err := s.HandOver(t.Context()); err != nil || number != 4 {
			t.Error(number, err)
		}
		ended(t, paused, began)
	})
	stopped := &theatre{}
	passed(t, stopped, func(t *testing.T, s *Supervisor, told func() []Notice) {
		began := time.Now()
		if _, err := s.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		ended(t, stopped, began)
	})
}

// A save that comes before hotswap knows that the standby is a trial does not take it. The trial
// gives way as soon as that is known, and goes on.
func TestTrialIsNotTaken(t *testing.T) {
	th := &theatre{deaf: true}
	th.trial.Store(true)
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []Notice) {
		saved := make(chan bool)
		th.whenBegun(func() {
			th.whenBegun(nil)
			s.Batch(Change{Files: []string{"a"}})
			close(saved)
		})
		<-saved
		synctest.Wait()
		if err := unused(told()); !errors.Is(err, errBegins) {
			t.Errorf("told %v", err)
		}
		if got := th.noted(); !strings.Contains(got, "start 103 ahead false") || strings.Contains(got, "102 ends") {
			t.Errorf("%s", got)
		}
		if got := standbyOf(s); got != "2 102 trial 0" || !th.actors[1].rests.Load() {
			t.Errorf("standby %q, gives way: %v", got, th.actors[1].rests.Load())
		}
	})
}

// A standby that is no trial, and that a generation has passed over, is of no use.
func TestStoryPassedStandbyEnds(t *testing.T) {
	serving(t, warm).after(400*time.Millisecond).quiet().on(save("a.ts"), evStandbyBegun{gen: 2}, evStandbyEnded{gen: 2, why: standbyAsked}).want(`
		0.400 batch a.ts
			start 3 change a.ts
			! 3 starts cold: the standby has only just been started
			arm 0 depth 1m0s
			arm 3 ready 1m0s
		0.400 2 standby begun
			stop standby 2, now false
		0.400 2 standby ended: asked <nil>
	`)
}
