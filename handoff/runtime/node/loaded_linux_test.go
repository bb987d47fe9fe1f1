package node

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// files is the answer of a thread to a question.
func (th *fakeThread) asked(seq int) *fakeThread {
	th.t.Helper()
	if o := th.told(); o == nil || o.Type != "files" || o.Seq != seq {
		th.t.Fatalf("told %+v, not files %d", o, seq)
	}
	return th
}

func TestTheFilesOfTwoThreads(t *testing.T) {
	g := begin(t, os.Getpid())
	one := g.thread().say(hello, `{"type":"listening","port":4000}`)
	g.wait("the first", func(State) bool { return g.a.Tells(os.Getpid(), 4000) })
	if l := g.a.Loaded(); l.Exact || l.Partial || len(l.Threads) != 1 || l.Threads[0].Told {
		t.Errorf("before it was asked: %+v", l)
	}
	answers := make(chan Loaded, 1)
	ask := func() { answers <- g.a.AskFiles(t.Context()) }
	go ask()
	one.asked(1).say(`{"type":"files","seq":1,"files":[{"path":"/m","kind":"esm"}]}`,
		`{"type":"files","seq":1,"files":[{"path":"/a","kind":"cjs"}],"done":true,"exact":true,"main":"/m","threads":[3]}`)
	g.wait("the answer", func(State) bool { return g.a.Loaded().Threads[0].Told })
	first := Snapshot{PID: os.Getpid(), Main: "/m", Serves: true, Told: true, Files: []File{{Path: "/m", Kind: ESModule}, {Path: "/a", Kind: CommonJS}}}
	if l := g.a.Loaded(); l.Exact || l.Partial || !reflect.DeepEqual(l.Threads, []Snapshot{first}) {
		t.Errorf("one: %+v", l)
	}

	// Nothing is complete without a thread that another has begun. It is asked without more, and is in no drain.
	two := g.thread().say(`{"type":"hello","version":1,"pid":1,"thread":3,"began":7}`).asked(1)
	g.wait("the second", func(State) bool { return len(g.a.Loaded().Threads) == 2 })
	l := g.a.Loaded()
	if l.Exact || !l.Partial || !l.Threads[0].Told || l.Threads[1].Told {
		t.Errorf("one has not answered: %+v", l)
	}
	g.a.Drain(DrainOptions{})
	g.wait("one of them is asked how it stands", func(s State) bool { return s.Busy == 1 })
	two.hears("drain") // it may accept a connection yet
	two.say(`{"type":"files","seq":1,"files":[{"path":"/w","kind":"cjs"},{"path":"/a","kind":"cjs"}],"done":true,"exact":true,"main":"/m"}`)
	if l := <-answers; !l.Exact || len(l.Threads) != 2 || l.Threads[1].Thread != 3 || l.Threads[1].Serves {
		t.Errorf("both: %+v", l)
	}

	// Of those that have gone, what they had loaded stays known. They may have loaded more.
	_ = two.Close()
	g.wait("one is left", func(State) bool { return len(g.a.Loaded().Threads) == 1 })
	three := g.thread().say(hello).asked(1)
	three.say(`{"type":"files","seq":1,"files":[{"path":"/w","kind":"cjs"}],"done":true,"exact":false,"main":""}`)
	_ = three.Close()
	g.wait("the third has been", func(State) bool { return g.a.joinedNow() == 3 && len(g.a.Loaded().Threads) == 1 })
	if l := g.a.Loaded(); l.Exact || len(l.Past) != 1 || !l.Past[0].Began.Equal(time.UnixMilli(7)) ||
		!reflect.DeepEqual(l.Past[0].Files, []File{{Path: "/w", Kind: CommonJS}, {Path: "/a", Kind: CommonJS}}) {
		t.Errorf("%+v", l)
	}

	// Who does not answer is waited for as long as one likes.
	ctx, cancel := context.WithCancel(t.Context())
	go func() { answers <- g.a.AskFiles(ctx) }()
	one.hears("drain")
	one.asked(2)
	cancel()
	if l := <-answers; l.Exact || !l.Partial || len(l.Threads) != 1 || !l.Threads[0].Told || len(l.Threads[0].Files) != 2 {
		t.Errorf("without an answer: %+v", l)
	}
	one.say(`{"type":"files","seq":2,"files":[{"path":"/b","kind":"json"}],"read":["/t.js"],"done":true,"exact":true,"main":"/m"}`)
	g.wait("it comes late", func(State) bool {
		l := g.a.Loaded()
		return len(l.Threads[0].Files) == 3 && slices.Equal(l.Threads[0].Read, []string{"/t.js"})
	})
}

// What threads have loaded is kept up to a bound, of those that have gone, too. Beyond it no answer counts as complete.
func TestAThreadThatLoadsWithoutEnd(t *testing.T) {
	long := strings.Repeat("x", 1<<10)
	for _, part := range []string{`"files":[{"path":"/%d%s"}]`, `"read":["/%d%s"]`} {
		g := transport(t)
		g.tr.room = 1 << 17
		g.begin(os.Getpid())
		for n := range 2 { // of the second one, files that the first has loaded are known
			th := g.thread().say(hello)
			for i := range g.tr.room / len(long) {
				th.say(`{"type":"files","seq":1,` + fmt.Sprintf(part, i, long) + `}`)
			}
			th.say(`{"type":"files","seq":1,"done":true,"exact":true}`)
			g.wait("its answer", func(State) bool { l := g.a.Loaded(); return len(l.Threads) == 1 && l.Threads[0].Told })
			l := g.a.Loaded()
			if size := sizeOf(append(l.Threads, l.Past...)...); g.a.exactNow() || !l.Partial || size > g.tr.room || size < g.tr.room/2 {
				t.Errorf("%s, thread %d: %d bytes are kept, partial: %v", part, n, size, l.Partial)
			}
			_ = th.Close()
			g.wait("it has gone", func(State) bool { return len(g.a.Loaded().Threads) == 0 })
		}
	}
}

// sizeOf returns how many bytes the names of files have.
func sizeOf(threads ...Snapshot) (size int) {
	for _, th := range threads {
		for _, f := range th.Files {
			size += len(f.Path)
		}
		for _, file := range th.Read {
			size += len(file)
		}
	}
	return size
}

// Of more hooks than the adapter sends nothing is known.
func TestHooksWithoutEnd(t *testing.T) {
	g := begin(t, os.Getpid())
	th := g.thread().say(hello)
	for range 2 * maxHooks {
		th.say(`{"type":"files","seq":1,"hook":{"by":["/a.js"],"names":["x"]}}`)
	}
	th.say(`{"type":"files","seq":1,"done":true,"exact":true}`)
	g.wait("its answer", func(State) bool { l := g.a.Loaded(); return len(l.Threads) == 1 && l.Threads[0].Told })
	if hooks := g.a.Loaded().Threads[0].Hooks; len(hooks) != maxHooks || !reflect.DeepEqual(hooks[0], Hook{}) {
		t.Errorf("%d hooks, the first is %+v", len(hooks), hooks[0])
	}
}

// exactNow reports whether a thread has answered completely.
func (a *Session) exactNow() bool { return a.any(func(t *thread) bool { return t.exact }) }

func (a *Session) joinedNow() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.joined
}
