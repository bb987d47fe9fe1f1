package readiness

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// program is a generation's side: the environment, and what has been reported.
type program struct {
	t      *testing.T
	env    []string
	path   string
	events chan handoff.Event
	end    context.CancelFunc
}

func begin(t *testing.T) *program {
	t.Helper()
	p := &program{t: t, events: make(chan handoff.Event, 100)}
	l := &handoff.Launch{Gen: 7, Env: []string{"A=1", NotifySocket + "=/run/systemd/notify", "WATCHDOG_USEC=5"}}
	prepared := testkit.Must(Notify(scratch.In(testkit.ShortDir(t)), "7").Prepare(l))(t)
	p.env = l.Env
	for _, kv := range l.Env {
		if path, ok := strings.CutPrefix(kv, NotifySocket+"="); ok {
			p.path = path
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.end = cancel
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := prepared.Run(ctx, handoff.Running{}, func(ev handoff.Event) { p.events <- ev }); err != nil {
			t.Error(err)
		}
		close(p.events)
	}()
	t.Cleanup(func() { cancel(); <-done })
	p.want(handoff.Unready{Gen: 7, Why: "it has not said READY=1"})
	return p
}

func (p *program) say(text string, files ...int) {
	p.t.Helper()
	fd := testkit.Must(unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0))(p.t)
	defer unix.Close(fd)
	var rights []byte
	if len(files) > 0 {
		rights = unix.UnixRights(files...)
	}
	testkit.NoError(p.t, unix.Sendmsg(fd, []byte(text), rights, &unix.SockaddrUnix{Name: p.path}, 0))
}

func (p *program) want(events ...handoff.Event) {
	p.t.Helper()
	for _, want := range events {
		if got := <-p.events; got != want {
			p.t.Fatalf("it reports %+v, want %+v", got, want)
		}
	}
}

func TestWhatAProgramSays(t *testing.T) {
	p := begin(t)
	if strings.Join(p.env, " ") != "A=1 "+NotifySocket+"="+p.path+" WATCHDOG_USEC=7" {
		t.Errorf("the environment is %q", p.env)
	}
	p.say("STATUS=loading 1/2")
	p.say("MAINPID=1\nWATCHDOG=1")
	p.want(handoff.Alive{Gen: 7, Word: "WATCHDOG=1"})
	p.say("READY=1\n")
	p.want(handoff.Ready{Gen: 7, By: "notify"})
	p.say("READY=1")
	p.say("WATCHDOG=trigger")
	p.want(handoff.Alive{Gen: 7, Word: "WATCHDOG=trigger"})
	p.end()
	for ev := range p.events {
		t.Errorf("more: %+v", ev)
	}
	if _, err := os.Stat(filepath.Dir(p.path)); err == nil {
		t.Error("its directory is left")
	}
}

// passes says a text with descriptors of a pipe, and waits until nobody has them.
func (p *program) passes(text string, n int) {
	p.t.Helper()
	var pipe [2]int
	testkit.NoError(p.t, unix.Pipe2(pipe[:], unix.O_CLOEXEC))
	defer unix.Close(pipe[0])
	p.say(text, slices.Repeat(pipe[1:], n)...)
	_ = unix.Close(pipe[1])
	if n, err := unix.Read(pipe[0], make([]byte, 1)); n != 0 || err != nil { // end of file
		p.t.Fatalf("somebody has the descriptors: %d, %v", n, err)
	}
}

func TestBarrierIsAnsweredAfterWhatCameBefore(t *testing.T) {
	p := begin(t)
	p.say("READY=1")
	p.passes("BARRIER=1", 1)
	select {
	case ev := <-p.events:
		if ev != (handoff.Ready{Gen: 7, By: "notify"}) {
			t.Errorf("it reports %+v", ev)
		}
	default:
		t.Error("the barrier was answered before READY=1 was heard")
	}
}

// A message that was cut off is not heard.
func TestLongMessageIsNotHeard(t *testing.T) {
	p := begin(t)
	p.say("READY=1\nSTATUS=" + strings.Repeat("x", maxMessage))
	p.say("WATCHDOG=1")
	p.want(handoff.Alive{Gen: 7, Word: "WATCHDOG=1"})
}
