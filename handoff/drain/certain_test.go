package drain

import (
	"testing"
	"time"
)

func TestSureOfAWholeAnswer(t *testing.T) {
	held := connState{last: sample{At: time.Minute, NotSent: 100}, outAt: time.Minute - holdFor}
	gone := connState{last: sample{At: time.Minute}, outAt: time.Minute - calmFor}
	for name, l := range map[string]*connState{"held": &held, "gone": &gone} {
		ran := time.Hour // of the process, for other connections
		sure := func(does activity) bool { return l.certain(func() (activity, time.Duration) { return does, ran }) }
		for _, c := range []struct {
			does activity
			want bool
		}{{working, false}, {waiting, false}, {resting, true}, {working, false}} {
			if got := sure(c.does); got != c.want {
				t.Errorf("%s: sure %v when the program's activity is %v", name, got, c.does)
			}
		}
		l.last.At += time.Hour
		if sure(working) {
			t.Errorf("%s: sure though the program did not get a processor", name)
		}
		if ran += workRest; !sure(working) {
			t.Errorf("%s: waits for ever for a program that is always at work", name)
		}
		if sure(waiting) {
			t.Errorf("%s: sure though the program is stopped", name)
		}
		if sure(working) {
			t.Errorf("%s: sure at once when the program goes on", name)
		}
	}
}

// An answer that was sent because of its age may go on; one that was sent while the program rested does not.
func TestSureOfAnAnswerThatWasSent(t *testing.T) {
	for _, does := range []activity{resting, working} {
		l := connState{last: sample{At: time.Minute, NotSent: 100}, outAt: time.Minute - holdFor}
		sure := false
		for ran := time.Duration(0); ran <= workHold; ran += workHold {
			sure = l.certain(func() (activity, time.Duration) { return does, ran })
		}
		if !sure {
			t.Fatalf("%v: not sure of an answer that old", does)
		}
		l.done(actPushWhole)
		l.last.At, l.last.NotSent = l.last.At+restFor, 0
		if got := l.certain(func() (activity, time.Duration) { return working, workHold + restFor }); got != (does == resting) {
			t.Errorf("%v: sure %v of the answer that was sent", does, got)
		}
	}
}
