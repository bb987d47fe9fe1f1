package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// While packages are installed nothing begins: not for a program that crashes, not because a
// person asks for it, and nothing ahead of time.
func TestNothingBeginsWhilePackagesAreInstalled(t *testing.T) {
	begins := func(s *story) bool { return len(s.m.gens) > 0 && s.m.starting() != nil }
	t.Run("crash", func(t *testing.T) {
		s := newStory(t, dev).on(Request{Cause: report.CauseFirst}).boot(1, portA).on(Installing{Limit: time.Minute}).end(1, crash)
		if begins(s) {
			t.Error("a generation began")
		}
		s.on(Installing{Limit: time.Minute}).on(save("a")) // the batch of what was installed
		if begins(s) {
			t.Error("a generation began")
		}
		if s.on(Installing{}); !begins(s) || s.m.starting().For.Cause != report.CauseChange {
			t.Error("no generation began for the change")
		}
	})
	t.Run("at last", func(t *testing.T) {
		s := newStory(t, dev).on(Request{Cause: report.CauseFirst}).boot(1, portA).on(Installing{Limit: time.Minute}).on(Request{Cause: report.CauseCommand})
		if begins(s) {
			t.Error("a generation began")
		}
		if s.after(time.Minute); !begins(s) {
			t.Error("the start waits without end")
		}
	})
	t.Run("by the program", func(t *testing.T) {
		s := newStory(t, dev).on(Request{Cause: report.CauseFirst}).boot(1, portA).on(Installing{Limit: time.Minute, Own: true}).end(1, crash)
		if !begins(s) {
			t.Error("no generation began")
		}
	})
}
