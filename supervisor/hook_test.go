package supervisor

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// attended is a theatre with a hook about "asked", and happen tells of events.
func attended(t *testing.T, test func(t *testing.T, th *theatre, s *Supervisor, happen func(event string),
	told func() []report.NoticeHook)) {
	t.Helper()
	th := cold(func(c *Config) {
		c.Hooks = []report.Hook{{Beside: report.Beside{Name: "hotswap.yaml:2", Command: "notify"},
			Events: []string{"asked"}}}
	})
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		happen := func(event string) {
			s.call(func() { s.happened(report.Happening{Event: event, Gen: 7}) })
			synctest.Wait()
		}
		test(t, th, s, happen, func() []report.NoticeHook { return of[report.NoticeHook](told()) })
	})
}

func TestHooksRunInOrder(t *testing.T) {
	attended(t, func(t *testing.T, th *theatre, s *Supervisor, happen func(string), told func() []report.NoticeHook) {
		happen("drained")
		happen("asked")
		hook := th.last()
		happen("asked")
		if hook.pid != 102 || th.last() != hook {
			t.Errorf("%d runs, and then %d", hook.pid, th.last().pid)
		}
		swap(t, s) // is not delayed
		hook.end(report.Exit{Code: 1})
		synctest.Wait()
		if got := told(); len(got) != 1 || got[0].End == nil || got[0].Event != "asked" || th.last().pid != 104 {
			t.Errorf("%+v, then %d", got, th.last().pid)
		}
		// Many wait, and more are left out.
		for range maxHooks + 2 {
			happen("asked")
		}
		if got := told(); len(got) != 1 || got[0].End != nil {
			t.Errorf("%+v", got)
		}
		for n := 104; n < 105+maxHooks; n++ {
			if th.last().pid != n {
				t.Fatalf("%d runs, not %d", th.last().pid, n)
			}
			th.last().end(report.Exit{})
			synctest.Wait()
		}
		if last := th.last().pid; last != 104+maxHooks {
			t.Errorf("%d runs", last)
		}
	})
}

// A command that hangs ends after a while, is told, and the next one runs.
func TestHookThatHangs(t *testing.T) {
	attended(t, func(t *testing.T, th *theatre, _ *Supervisor, happen func(string), told func() []report.NoticeHook) {
		happen("asked")
		happen("asked")
		first := th.last()
		time.Sleep(wait.Command + time.Second)
		synctest.Wait()
		if got := told(); len(got) != 1 || got[0].End == nil || th.last() == first {
			t.Errorf("%+v, and the next one has run: %t", got, th.last() != first)
		}
	})
}

// The end of hotswap waits for commands, but not long, and not at all if it is urgent.
func TestHooksEndWithHotswap(t *testing.T) {
	for name, want := range map[string]time.Duration{"": lastGrace, "soon": time.Second, "urgent": 0} {
		attended(t, func(t *testing.T, th *theatre, s *Supervisor, happen func(string), _ func() []report.NoticeHook) {
			happen("asked")
			hook, began := th.last(), time.Now()
			switch name {
			case "":
				happen("serving") // waits, and never runs
			case "soon":
				time.AfterFunc(time.Second, func() { hook.end(report.Exit{}) })
			case "urgent":
				th.deaf = true
				s.StopNow(130)
			}
			_, _ = s.Stop(t.Context(), 0)
			if took := time.Since(began); took != want {
				t.Errorf("%q: after %s, want %s", name, took, want)
			}
			if notes := th.noted(); name != "urgent" && !strings.HasSuffix(notes, "102 ends") {
				t.Errorf("%q: %s", name, notes)
			}
		})
	}
}

// The command of a rule that no start waits for runs at once, and once more for all that changes meanwhile.
func TestCommandBesideAStart(t *testing.T) {
	const rule = "hotswap.yaml:2"
	th := cold(func(c *Config) {
		c.Hooks = []report.Hook{{Beside: report.Beside{Name: rule, Command: "openapi"}, Events: []string{rule}}}
	})
	th.perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		number := th.last().pid
		change := func(file string) {
			s.Batch(Change{Only: true, Beside: []report.Happening{{Event: rule, Files: []string{file}}}})
			synctest.Wait()
		}
		runs := func(files string) {
			t.Helper()
			number++
			if th.last().pid != number || !slices.Contains(th.last().env, "HOTSWAP_FILES="+files) {
				t.Fatalf("%d runs, with %q, want %d for %q", th.last().pid, th.last().env, number, files)
			}
		}
		end := func() { th.last().end(report.Exit{}); synctest.Wait() }
		change("a")
		runs("a")
		change("b")
		change("c")
		change("b")
		end()
		runs("b\nc")
		end()
		change("d")
		runs("d")
		end()
	})
}
