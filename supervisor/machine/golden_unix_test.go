package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// unixServing is a story in which generation 1 serves a path.
func unixServing(t *testing.T, p Policy) *story {
	t.Helper()
	s := newStory(t, p).on(begin, Started{Gen: 1, PID: 101}, Listening{Gen: 1, Endpoint: aPath}).phase(report.PhaseStarting)
	return s.after(time.Second).phase(report.PhaseServing).quiet()
}

// A path of which nothing tells that clients use it counts when the program has lived for a second and listens on no
// port. From then on the path counts at once, and a broken save changes nothing.
func TestStoryPath(t *testing.T) {
	s := unixServing(t, dev).on(save("a"), Started{Gen: 2, PID: 102}).end(2, crash).phase(report.PhaseServing).quiet()
	s.on(save("b"), Started{Gen: 3, PID: 103}, Listening{Gen: 3, Endpoint: aPath}).want(`
		1.000 batch b
			start 3 change b
		1.000 3 listens /run/app.sock
			cutover 3
			drain 1
			! 3 serves [/run/app.sock] for change after 0s by listen, replaces 1, unserved []
	`).phase(report.PhaseServing)
}

// A boot that takes longer counts as running first.
func TestStoryPathOfASlowBoot(t *testing.T) {
	running(t, dev).phase(report.PhaseRunning).on(Listening{Gen: 1, Endpoint: aPath}).phase(report.PhaseServing)
}

// A program with ports is ready when it listens on them: its paths may be for its own processes.
func TestStoryPathBesideAPort(t *testing.T) {
	s := newStory(t, dev).on(begin, Started{Gen: 1, PID: 101}, Listening{Gen: 1, Endpoint: aPath}).phase(report.PhaseStarting)
	s.on(Listening{Gen: 1, Endpoint: portA}).phase(report.PhaseServing)
	s.on(save("a"), Started{Gen: 2, PID: 102}, Listening{Gen: 2, Endpoint: aPath}).after(10 * time.Second)
	if s.m.serving().Gen != 1 {
		t.Error("a path alone took over from a port")
	}
	if s.on(Listening{Gen: 2, Endpoint: portA}); s.m.serving().Gen != 2 {
		t.Error("generation 2 does not serve")
	}
	s.on(save("b")).boot(3, portA)
	if s.m.serving().Gen != 3 {
		t.Error("generation 3 waits for the path")
	}
}

// A server at a path that ends, even with code 0, is started again.
func TestStoryPathServerEnds(t *testing.T) {
	unixServing(t, dev).end(1, report.Exit{}).phase(report.PhaseStarting)
}

// Clients use a path that was opened for them: it counts at once.
func TestStoryPathThatWasOpened(t *testing.T) {
	p := dev
	p.MustListen = []handoff.Endpoint{aPath}
	newStory(t, p).on(begin, Started{Gen: 1, PID: 101}, Listening{Gen: 1, Endpoint: aPath}).phase(report.PhaseServing)
}
