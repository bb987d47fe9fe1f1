package supervisor

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A standby is started when it is calm, waits, and is the next generation; nothing
// that it says is heard before.
func TestAheadIsTaken(t *testing.T) {
	th := &theatre{}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		for at, want := range map[time.Duration]string{time.Second: "", 2 * time.Second: "2 102 starting 0",
			3 * time.Second: "2 102 waiting 100"} {
			time.AfterFunc(at, func() {
				if got := standbyOf(s); got != want {
					t.Errorf("after %v: standby %q, want %q", at, got, want)
				}
			})
		}
		time.Sleep(10 * time.Second)
		var first weak.Pointer[child]
		s.call(func() { first = weak.Make(s.children[1]) })
		th.wantNotes(t, "start 101, learn 1 101 [101], start 102")
		notices := told()
		said := func(n report.Notice) bool {
			return reflect.DeepEqual(n, report.NoticeEvent{Event: handoff.Degraded{Gen: 2, Use: "hello"}})
		}
		if slices.ContainsFunc(notices, said) {
			t.Error("a standby was heard before its time")
		}
		want := []report.NoticeStandby{{Gen: 2, Took: time.Second, Loaded: report.Loaded{Memory: 100 << 20, Ahead: 3,
			Left: []string{"sharp: starts threads"}}}}
		if got := of[report.NoticeStandby](notices); !reflect.DeepEqual(got, want) {
			t.Errorf("told %v", got)
		}
		began := time.Now()
		if !swap(t, s) {
			t.Error("the standby was not taken")
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v", took)
		}
		synctest.Wait()
		th.wantNotes(t, "go 2, shown, start 103, terminated, 101 ends, 1 closes")
		if !slices.ContainsFunc(told(), said) {
			t.Error("what it said is lost")
		}
		time.Sleep(10 * time.Second)
		if got := standbyOf(s); got != "3 103 waiting 100" {
			t.Errorf("standby %q", got)
		}
		runtime.GC()
		if first.Value() != nil {
			t.Error("generation 1 stays in memory")
		}
	})
	if got := th.noted(); !strings.Contains(got, "103 ends") || !strings.Contains(got, "close 3") ||
		!strings.Contains(got, "close 2") {
		t.Errorf("at the end: %s", got)
	}
}

func unused(notices []report.Notice) error {
	if all := of[report.NoticeStandbyUnused](notices); len(all) > 0 {
		return all[0].Err
	}
	return nil
}

// Where it is of no use any more, the generation starts cold when nothing of it is
// left.
func TestAheadIsOfNoUse(t *testing.T) {
	no := func() error { return errNoGood }
	for _, c := range []struct {
		th    *theatre
		notes string
	}{
		{&theatre{fresh: no}, "close 2, terminated, 102 ends, close 2, start 103"},
		{&theatre{goes: no}, "go 2, close 2, terminated, 102 ends, 2 closes, close 2, start 103"},
		{&theatre{fresh: no, deaf: true}, "close 2, terminated, 102 ends, close 2, start 103"},
	} {
		c.th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
			time.Sleep(10 * time.Second)
			c.th.noted()
			began := time.Now()
			if swap(t, s) || time.Since(began) != 0 {
				t.Errorf("taken, after %v", time.Since(began))
			}
			if got := c.th.noted(); !strings.HasPrefix(got, c.notes) {
				t.Errorf("%s", got)
			}
			if err := unused(told()); !errors.Is(err, errNoGood) {
				t.Errorf("told %v", err)
			}
		})
	}
}

// What its command may have given it is five minutes old at most.
func TestAheadHasCredentials(t *testing.T) {
	th := &theatre{givenBy: "./vault"}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		time.Sleep(5*time.Minute + 900*time.Millisecond)
		if got := standbyOf(s); got != "2 102 waiting 100" {
			t.Errorf("standby %q", got)
		}
		th.noted()
		time.Sleep(10 * time.Hour)
		th.wantNotes(t, "close 2, terminated, 102 ends, close 2")
		if got, err := standbyOf(s), unused(told()); got != "" || err == nil ||
			!strings.Contains(err.Error(), "./vault may have given it credentials") {
			t.Errorf("standby %q, told %v", got, err)
		}
		if swap(t, s) {
			t.Error("a standby was taken")
		}
		time.Sleep(time.Minute)
		if got := standbyOf(s); got != "3 104 waiting 100" {
			t.Errorf("standby %q", got)
		}
	})
}

// refused gives the notices of why there is no standby.
func refused(notices []report.Notice) (out []string) {
	for _, n := range of[report.NoticeNoStandby](notices) {
		out = append(out, fmt.Sprintf("%v failed %v again %v", n.Err, n.Failed, n.Again))
	}
	return out
}

// One that ends, does what it may not, or cannot be made, leaves nothing behind and
// is told of; so is one for which there is no room.
func TestAheadFails(t *testing.T) {
	no := func() error { return errNoGood }
	for name, c := range map[string]struct {
		th   *theatre
		want []string
	}{
		"learn": {&theatre{learn: no}, []string{"no good failed false again false"}},
		"open":  {&theatre{open: no}, []string{"no good failed false again false"}},
		"hold":  {&theatre{hold: no}, []string{"no good failed true again true", "no good failed true again false"}},
		"ready": {&theatre{ready: no, deaf: true}, []string{"no good failed true again true",
			"no good failed true again false"}},
		"listen": {&theatre{early: true}, slices.Repeat([]string{"it listened before its time failed true again true"},
			1)},
		"tell": {&theatre{tells: slices.Repeat([]handoff.Event{handoff.AddressInUse{Gen: 2}}, 2*256)},
			[]string{"it told too much before its time failed true again true"}},
		"room": {&theatre{left: 399},
			[]string{"it would take more than a quarter of the memory that is left: 100 of 399 MB failed false again false"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
				time.Sleep(time.Minute)
				if got := refused(told()); len(got) < len(c.want) || !slices.Equal(got[:len(c.want)], c.want) {
					t.Errorf("%q, want %q", got, c.want)
				}
				if got := standbyOf(s); (got == "") != (c.want != nil) {
					t.Errorf("standby %q", got)
				}
				swap(t, s)
			})
		})
	}
}

// It listens for its debugger, to whom it leads with the cutover. While nothing
// serves there is none, for that is where a debugger would be led.
func TestAheadIsDebugged(t *testing.T) {
	th := &theatre{debugged: true}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		time.Sleep(10 * time.Second)
		if got := standbyOf(s); got != "2 102 waiting 100" {
			t.Errorf("standby %q", got)
		}
		if !swap(t, s) {
			t.Error("there is no standby")
		}
		synctest.Wait()
		if got := fmt.Sprint(s.Current().Endpoints); !strings.Contains(got, portD.Addr.String()+" 2") {
			t.Errorf("what is open: %s", got)
		}
		// It crashes on and on, before it serves: standbys are made in the pauses.
		th.mute.Store(true)
		want := errDebugger.Error() + " failed false again false"
		var why []string
		for i := 0; i < 5 && !slices.Contains(why, want); i++ {
			for _, g := range s.Current().Generations {
				if i := slices.IndexFunc(th.actors, func(a *actor) bool {
					return a.pid == g.PID && !wait.Closed(a.Gone())
				}); i >= 0 {
					th.actors[i].end(report.Exit{Code: 1})
				}
			}
			time.Sleep(1100 * time.Millisecond)
			why = append(why, refused(told())...)
		}
		if !slices.Contains(why, want) {
			t.Errorf("%q, want %q", why, want)
		}
	})
}

// Whoever needs the machine for himself ends it, and waits for that.
func TestAheadIsCooled(t *testing.T) {
	th := &theatre{deaf: true}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []report.Notice) {
		time.Sleep(10 * time.Second)
		th.noted()
		began := time.Now()
		s.send(machine.Listening{Gen: 1, Endpoint: handoff.Endpoint{Network: "unix", Path: "/late"}, Late: true})
		if past, _, err := s.Freeze(); err != nil || past.(Past).Last != 1 || len(past.(Past).Serves) != 1 {
			t.Fatal(past, err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v", took)
		}
		th.wantNotes(t, "close 2, terminated, 102 ends, close 2")
		time.Sleep(time.Minute)
		if got := standbyOf(s); got != "" {
			t.Errorf("standby %q", got)
		}
		_ = s.Thaw()
		time.Sleep(10 * time.Second)
		s.Suspend()
		s.Resume()
		s.Current()
		th.wantNotes(t, "start 103, stopped, stopped, continued, continued")
		if !swap(t, s) {
			t.Error("the standby was not taken")
		}
		// At once, if hotswap is told so.
		time.Sleep(10 * time.Second)
		began = time.Now()
		s.StopNow(130)
		_, _ = s.Stop(t.Context(), 0)
		if took := time.Since(began); took != 0 {
			t.Errorf("the end took %v", took)
		}
	})
}
