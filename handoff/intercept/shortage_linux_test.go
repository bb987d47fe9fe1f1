package intercept

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// shortEnv has a process of its own run the test: a limit on descriptors is the
// process's (getrlimit(2)).
const shortEnv = "INTERCEPT_TEST_SHORT"

// A session that begins while hotswap has no descriptor left must not close the
// listener: every bind of the program would fail with ENOSYS from then on.
func TestSessionBeginsWithoutDescriptors(t *testing.T) {
	if os.Getenv(shortEnv) == "" {
		again(t, func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, shortEnv+"=1") }, "-test.run=^TestSessionBeginsWithoutDescriptors$")
		return
	}
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	launch := &handoff.Launch{Gen: 1}
	session, err := w.transport.Prepare(launch)
	if err != nil {
		t.Fatal(err)
	}
	g := w.process(launch.Filter, "sockets")
	t.Cleanup(g.end)
	g.id, g.ran = 1, make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	g.cancel = cancel
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	go func() {
		g.ran <- session.Run(ctx, handoff.Running{Listener: g.Listener, Tree: g.Tree}, func(e handoff.Event) { g.events <- e })
	}()
	g.ok("socket a tcp4", "bind a 127.0.0.1:0", "listen a 5")
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	select { // what was bound meanwhile is not known, and that is told
	case e := <-g.events:
		if lost, ok := e.(handoff.TrackingLost); !ok || !errors.Is(lost.Err, unix.EMFILE) {
			t.Errorf("told %#v", e)
		}
	default:
		t.Error("not told that a bind went unseen")
	}
	g.listen("b", e)
}

// A session of a program that did not start gives up what it has.
func TestSessionThatDoesNotBegin(t *testing.T) {
	w := newWorld(t)
	before := descriptors(t)
	for range 10 {
		session, err := w.transport.Prepare(&handoff.Launch{Gen: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := session.(io.Closer).Close(); err != nil {
			t.Fatal(err)
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, were %d", after, before)
	}
}
