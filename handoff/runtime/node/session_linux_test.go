package node

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const testPatience = 3 * time.Minute

// generation is one whose processes' adapters the test plays.
type generation struct {
	t    *testing.T
	tr   *Transport
	a    *Session
	env  []string
	path string
	tmp  string // where its folders are
	end  func()
}

func begin(t *testing.T, tree ...int) *generation {
	t.Helper()
	g := transport(t)
	g.begin(tree...)
	return g
}

// transport returns a generation that has not begun.
func transport(t *testing.T) *generation {
	t.Helper()
	dir := testkit.ShortDir(t)
	return &generation{t: t, tmp: dir, tr: &Transport{tmp: scratch.In(dir), into: []assets.Place{{Path: dir + "/cache", Mode: 0o700}}, lives: func(int) bool { return false }, room: maxKept, idle: make(chan struct{}, rights.Share(maxIdle)), sessions: map[handoff.GenID]*Session{}, limits: map[Limit]bool{}, lent: map[uint64]chan struct{}{}}}
}

func (g *generation) begin(tree ...int) {
	g.t.Helper()
	g.a, g.env, g.end = g.start(3, tree...)
	g.path = g.a.wire.Path
}

// start begins a generation of these processes, and returns its session, its environment, and what ends it.
func (g *generation) start(gen handoff.GenID, tree ...int) (a *Session, env []string, end func()) {
	t := g.t
	t.Helper()
	l := &handoff.Launch{Gen: gen, Env: []string{"A=1"}}
	session := testkit.Must(g.tr.Prepare(l))(t)
	if a = g.tr.Of(gen); a == nil || handoff.Session(a) != session {
		t.Fatal("the generation has no session")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		running := handoff.Running{Tree: func() []int { return tree }}
		_ = session.Run(ctx, running, func(ev handoff.Event) { t.Errorf("nobody expects %+v", ev) })
	}()
	end = func() { cancel(); <-done }
	t.Cleanup(end)
	return a, l.Env, end
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
	if err := g.a.Wait(ctx, func(s State) bool { last = s; return done(s) }); err != nil {
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
	g.a.Look()
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
	if o := one.told(); o == nil || o.Type != "drain" || o.WebSocket != nil {
		t.Fatalf("told %+v", o)
	}
	resume := g.a.Drain(DrainOptions{CloseReason: &CloseReason{Code: 1012, Reason: "r"}})
	if o := one.told(); o == nil || o.Type != "drain" || o.WebSocket == nil || *o.WebSocket != (CloseReason{Code: 1012, Reason: "r"}) {
		t.Fatalf("told %+v", o)
	}
	undo()                                                           // changes nothing
	two := g.thread().say(hello, `{"type":"listening","port":4001}`) // in the midst of it
	two.hears("drain")
	one.say(`{"type":"state","connections":3,"busy":0,"streams":1}`)
	g.wait("one has said it, two not", func(s State) bool { return s.Connections == 4 && s.Busy == 1 && s.Streams == 1 })
	two.say(`{"type":"state","connections":2,"busy":0}`)
	g.wait("both", func(s State) bool { return s == State{Connections: 5, Streams: 1} })

	answered := g.a.Look()
	if o := one.told(); o == nil || o.Type != "look" || o.Seq == 0 {
		t.Fatalf("told %+v", o)
	}
	one.say(`{"type":"state","seq":1,"connections":3,"busy":1}`)
	g.wait("the news of one", func(s State) bool { return s.Busy == 1 })
	if all, _ := answered(); all {
		t.Fatal("one of two has answered")
	}
	two.say(`{"type":"state","connections":2,"busy":0}`) // no answer to the look
	_ = two.Close()
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
	if g.tr.Of(3) != nil {
		t.Error("the generation has a session when it has ended")
	}
	if _, err := os.Stat(filepath.Dir(g.path)); !os.IsNotExist(err) {
		t.Errorf("left: %v", err)
	}
}

// Who names no port hears of each drain, and without files nobody waits for it: neither a drain nor who asks for files.
func TestFollower(t *testing.T) {
	g := begin(t, os.Getpid())
	undo := g.a.Drain(DrainOptions{CloseReason: &CloseReason{Code: 1012}})
	follower := g.thread().say(`{"type":"hello","version":1,"files":false}`)
	if o := follower.told(); o == nil || o.Type != "drain" || o.WebSocket.Code != 1012 {
		t.Fatalf("told %+v", o)
	}
	if answered, idle := g.a.Look()(); !answered || !idle || g.a.State() != (State{}) || len(g.a.Loaded().Threads) > 0 {
		t.Errorf("%v, %v, %+v, %+v", answered, idle, g.a.State(), g.a.Loaded())
	}
	g.thread().say(hello, `{"type":"files","seq":1,"done":true}`)
	if l := g.a.AskFiles(t.Context()); len(l.Threads) != 1 {
		t.Errorf("%+v", l)
	}
	undo()
	follower.hears("resume")
}

// Messages that are not as they must be end the link.
func TestWhoIsNotHeard(t *testing.T) {
	g := begin(t, os.Getpid())
	for _, lines := range []string{
		`{"type":"listening","port":70000}`, `{"type":"listening","port":-1}`, `{"type":"listening","at":"` + strings.Repeat("a", maxPlace+1) + `"}`,
		`{"type":"state","busy":-1}`, `{"type":"state","busy":1e30}`, `{"type":"files","files":[{"path":"a"}]}`, `{"type":"files","files":{}}`,
	} {
		if o := g.thread().say(hello, lines).told(); o != nil {
			t.Errorf("%.60q is answered with %+v", lines, o)
		}
	}
	g.wait("all are out", func(State) bool { g.a.mu.Lock(); defer g.a.mu.Unlock(); return len(g.a.threads) == 0 })
}

// The variables that a program gets lead to both: the script, and the socket that is
// named as the script's folder.
func TestPrepare(t *testing.T) {
	g := begin(t)
	options := g.env[slices.IndexFunc(g.env, func(kv string) bool { return strings.HasPrefix(kv, OptionsVariable+"=") })]
	script, ok := strings.CutPrefix(options, "NODE_OPTIONS=--require ")
	if _, err := os.Stat(script); !ok || err != nil || filepath.Base(g.path) != filepath.Base(filepath.Dir(script)) {
		t.Errorf("%q, %q, %v", options, g.path, err)
	}
	tr := &Transport{tmp: g.tr.tmp, into: []assets.Place{{Path: "/proc/nowhere", Mode: 0o700}}, sessions: map[handoff.GenID]*Session{}}
	l := &handoff.Launch{Gen: 1}
	session, err := tr.Prepare(l)
	if err != nil || len(l.Env) > 0 || tr.Of(1) != nil {
		t.Errorf("%v, %q", err, l.Env)
	}
	if err := session.Run(t.Context(), handoff.Running{}, nil); err != nil {
		t.Error(err)
	}
	if (*Transport)(nil).Of(1) != nil {
		t.Error("no transport has adapters")
	}
}
