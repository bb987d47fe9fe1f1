package readiness

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

func ourselves() handoff.Running {
	return handoff.Running{Tree: func() []int { return []int{os.Getpid()} }}
}

// Being connected is not being accepted.
func TestUnixReadyWhenAccepted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	events := make(chan handoff.Event)
	session, err := AtUnix(path).Prepare(&handoff.Launch{Gen: 7})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(events)
		_ = session.Run(ctx, ourselves(), func(ev handoff.Event) { events <- ev })
	}()
	for _, want := range []string{"a connection to " + path + " has not been answered", "it does not listen on " + path} {
		if ev := <-events; ev != (handoff.Unready{Gen: 7, Why: want}) {
			t.Errorf("it reports %+v", ev)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ours, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	once, giveUp := context.WithCancel(ctx)
	giveUp()
	if accepted(once, ours) == nil {
		t.Error("a connection counts as accepted that waits")
	}
	select {
	case ev := <-events:
		t.Errorf("%+v before anything was accepted", ev)
	default:
	}
	for range 2 { // ours, and that of the source
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	if err := accepted(once, ours); err != nil {
		t.Error(err)
	}
	if ev := <-events; ev != (handoff.Ready{Gen: 7, By: "unix"}) {
		t.Errorf("it reports %+v", ev)
	}
	for range events {
		t.Error("it goes on")
	}
}

// Another generation that listens on the same path is not the one that is asked
// for.
func TestUnixOfAnotherGeneration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := AtSocket(path)(t.Context(), 7, handoff.Running{Tree: func() []int { return []int{1} }})
	if err == nil || conn != nil || !strings.Contains(err.Error(), "is not of this generation") {
		t.Errorf("it gives %v, %v", conn, err)
	}
	if conn, err = AtSocket(path)(t.Context(), 7, ourselves()); err != nil {
		t.Error(err)
	} else {
		conn.Close()
	}
}
