package connections

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const testPatience = 3 * time.Minute

// generation is one whose processes' adapters the test plays.
type generation struct {
	t        *testing.T
	tmp      *scratch.Folder
	shared   *Shared
	lacks    chan int // processes that may open no more
	sessions sync.Map // of all generations
	a        *Session
	path     string
	end      func()
}

func begin(t *testing.T, tree ...int) *generation {
	t.Helper()
	g := newGeneration(t)
	g.begin(tree...)
	return g
}

// newGeneration returns a generation that has not begun.
func newGeneration(t *testing.T) *generation {
	t.Helper()
	g := &generation{t: t, tmp: scratch.In(testkit.ShortDir(t)), lacks: make(chan int, 10)}
	g.shared = New(func(gen handoff.GenID) *Session {
		if a, ok := g.sessions.Load(gen); ok {
			return a.(*Session)
		}
		return nil
	}, func(pid int) { g.lacks <- pid })
	g.shared.lives = func(int) bool { return false }
	return g
}

func (g *generation) begin(tree ...int) {
	g.t.Helper()
	g.a, g.path, g.end = g.start(3, tree...)
}

// start begins a generation of these processes, and returns its session, its socket, and what ends it.
func (g *generation) start(gen handoff.GenID, tree ...int) (a *Session, path string, end func()) {
	g.t.Helper()
	a = g.shared.Session(gen)
	g.sessions.Store(gen, a)
	w := testkit.Must(wire.Open(g.tmp, "adapter"))(g.t)
	w.Speak(a.Join)
	ctx, cancel := context.WithCancel(g.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Run(ctx, func() []int { return tree })
		a.Close()
		g.sessions.Delete(gen)
	}()
	end = func() { cancel(); <-done }
	g.t.Cleanup(end)
	return a, w.Path, end
}

// fakeThread is an adapter.
type fakeThread struct {
	*testkit.Link
	t *testing.T
}

func (g *generation) thread() *fakeThread {
	g.t.Helper()
	return &fakeThread{testkit.Connect(g.t, g.path), g.t}
}

func (th *fakeThread) say(lines ...string) *fakeThread {
	th.t.Helper()
	th.Say(lines...)
	return th
}

// told is the next order but got; nil: there will be none.
func (th *fakeThread) told() *order {
	th.t.Helper()
	var o order
	if !th.HearInto(&o) {
		return nil
	}
	return &o
}

// hears demands that the next order is of that type.
func (th *fakeThread) hears(what string) {
	th.t.Helper()
	if o := th.told(); o == nil || o.Type != what {
		th.t.Fatalf("told %+v, want %s", o, what)
	}
}

func (th *fakeThread) hearsNothing() {
	th.t.Helper()
	if o := th.told(); o != nil {
		th.t.Errorf("told %+v", o)
	}
}

const hello = `{"type":"hello","version":1,"pid":1}`

func (g *generation) wait(what string, done func(State) bool) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), testPatience)
	defer cancel()
	var last State
	if err := g.a.links.Await(ctx, func() bool { last = g.a.State(); return done(last) }); err != nil {
		g.t.Fatalf("%s: %v, %+v", what, err, last)
	}
}

// What a process without a port has busy is counted from outside, too.
func TestADrainOfAThreadWithoutAPort(t *testing.T) {
	g := begin(t, os.Getpid())
	one := g.thread().say(hello, `{"type":"listening"}`)
	g.wait("it", func(State) bool { return g.a.Reports() && !g.a.Tells(os.Getpid(), 4000) })
	defer g.a.Drain(DrainOptions{})()
	one.told()
	one.say(`{"type":"state","busy":2}`)
	g.wait("its state", func(s State) bool { return s == State{Busy: 2} })
	g.a.Ask()
	one.hears("look")
}

func TestADrainOfTwoThreads(t *testing.T) {
	g := begin(t, os.Getpid())
	one := g.thread().say(hello, `{"type":"listening","port":4000}`)
	g.wait("the first", func(State) bool { return g.a.Tells(os.Getpid(), 4000) })
	if g.a.Tells(os.Getpid(), 4001) || g.a.Tells(1, 4000) {
		t.Error("it tells of what it has not named")
	}
	undo := g.a.Drain(DrainOptions{}) // replaced at once
	if o := one.told(); o == nil || o.Type != "drain" || o.CloseReason != nil {
		t.Fatalf("told %+v", o)
	}
	resume := g.a.Drain(DrainOptions{CloseReason: &CloseReason{Code: 1012, Reason: "r"}})
	if o := one.told(); o == nil || o.Type != "drain" || o.CloseReason == nil ||
		*o.CloseReason != (CloseReason{Code: 1012, Reason: "r"}) {
		t.Fatalf("told %+v", o)
	}
	undo()                                                           // changes nothing
	two := g.thread().say(hello, `{"type":"listening","port":4001}`) // in the midst of it
	two.hears("drain")
	one.say(`{"type":"state","connections":3,"busy":0,"streams":1}`)
	g.wait("one has said it, two not", func(s State) bool {
		return s.Connections == 4 && s.Busy == 1 &&
			s.Streams == 1
	})
	two.say(`{"type":"state","connections":2,"busy":0}`)
	g.wait("both", func(s State) bool { return s == State{Connections: 5, Streams: 1} })

	answered := g.a.Ask()
	if o := one.told(); o == nil || o.Type != "look" || o.Seq == 0 {
		t.Fatalf("told %+v", o)
	}
	one.say(`{"type":"state","seq":1,"connections":3,"busy":1}`)
	g.wait("the news of one", func(s State) bool { return s.Busy == 1 })
	if all, _ := answered(); all {
		t.Fatal("one of two has answered")
	}
	two.say(`{"type":"state","connections":2,"busy":0}`) // no answer to the look
	two.Close()
	g.wait("one has answered, the other gone", func(State) bool { all, _ := answered(); return all })
	one.say(`{"type":"state","connections":3,"busy":0}`) // too late for the answer
	g.wait("the news of one", func(s State) bool { return s.Connections == 3 && s.Busy == 0 })
	if _, idle := answered(); idle {
		t.Error("idle, but one has answered that it is busy")
	}
	resume()
	one.hears("resume")
	late := g.thread().say(hello, `{"type":"listening","port":4002}`)
	g.wait("it comes", func(State) bool { return g.a.Tells(os.Getpid(), 4002) })
	g.end()
	late.hearsNothing()
}

// Who names no port hears of each drain, and nobody waits for it.
func TestFollower(t *testing.T) {
	g := begin(t, os.Getpid())
	undo := g.a.Drain(DrainOptions{CloseReason: &CloseReason{Code: 1012}})
	follower := g.thread().say(`{"type":"hello","version":1,"files":false}`)
	if o := follower.told(); o == nil || o.Type != "drain" || o.CloseReason.Code != 1012 {
		t.Fatalf("told %+v", o)
	}
	if answered, idle := g.a.Ask()(); !answered || !idle || g.a.State() != (State{}) {
		t.Errorf("%v, %v, %+v", answered, idle, g.a.State())
	}
	undo()
	follower.hears("resume")
}

// Messages that are not as they must be end the link.
func TestWhoIsNotHeard(t *testing.T) {
	g := begin(t, os.Getpid())
	for _, lines := range []string{
		`{"type":"listening","port":70000}`, `{"type":"listening","port":-1}`, `{"type":"listening","at":"` +
			strings.Repeat("a", maxAddress+1) + `"}`,
		`{"type":"state","busy":-1}`, `{"type":"state","busy":1e30}`,
	} {
		if o := g.thread().say(hello, lines).told(); o != nil {
			t.Errorf("%.60q is answered with %+v", lines, o)
		}
	}
	g.wait("all are out", func(State) bool {
		g.a.links.Lock()
		defer g.a.links.Unlock()
		return len(g.a.links.Links) == 0
	})
}
