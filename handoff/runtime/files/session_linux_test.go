package files

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/runtime/wire"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// generation is one whose threads the test plays.
type generation struct {
	*Session
	t       *testing.T
	path    string
	serving atomic.Bool // each thread has accepted a connection
}

func begin(t *testing.T, room int) *generation {
	t.Helper()
	g := &generation{t: t}
	g.Session = New(func() map[*wire.Link]bool {
		serving := map[*wire.Link]bool{}
		for _, th := range g.links.Links {
			serving[th.Link] = g.serving.Load()
		}
		return serving
	})
	g.room = room
	w := testkit.Must(wire.Open(scratch.In(testkit.ShortDir(t)), "adapter"))(t)
	g.path = w.Path
	w.Speak(g.Join)
	ended := make(chan struct{})
	go func() { defer close(ended); w.Run(t.Context(), func() []int { return []int{os.Getpid()} }) }()
	t.Cleanup(func() { <-ended })
	return g
}

func (g *generation) await(what string, done func(Loaded) bool) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), testkit.Patience)
	defer cancel()
	if g.links.Await(ctx, func() bool { return done(g.Loaded()) }) != nil {
		g.t.Fatalf("%s: %+v", what, g.Loaded())
	}
}

// thread returns a thread that has connected.
func (g *generation) thread(hello string) *testkit.Link {
	g.t.Helper()
	th := testkit.Connect(g.t, g.path)
	th.Say(hello)
	return th
}

const hello = `{"type":"hello","version":1,"pid":1}`

// asked demands that a thread is asked for its files.
func (g *generation) asked(th *testkit.Link, seq int) *testkit.Link {
	g.t.Helper()
	if line := th.Hear(); line != fmt.Sprintf(`{"type":"files","seq":%d}`, seq) {
		g.t.Fatalf("told %s, not files %d", line, seq)
	}
	return th
}

func TestTheFilesOfTwoThreads(t *testing.T) {
	g := begin(t, room)
	one := g.thread(hello)
	g.await("the first", func(l Loaded) bool { return len(l.Threads) == 1 })
	if l := g.Loaded(); l.Exact || l.Partial || l.Threads[0].Answered || l.Threads[0].Serves {
		t.Errorf("before it was asked: %+v", l)
	}
	g.serving.Store(true)
	answers := make(chan Loaded, 1)
	go func() { answers <- g.Ask(t.Context()) }()
	g.asked(one, 1).Say(`{"type":"files","seq":1,"files":[{"path":"/m","kind":"esm"}]}`,
		`{"type":"files","seq":1,"files":[{"path":"/a","kind":"cjs"}],"done":true,"exact":true,"main":"/m","threads":[3]}`)
	g.await("the answer", func(l Loaded) bool { return l.Threads[0].Answered })
	first := Snapshot{
		PID: os.Getpid(), Program: Program{Main: "/m"}, Serves: true, Answered: true,
		Files: []File{{Path: "/m", Kind: ESModule}, {Path: "/a", Kind: CommonJS}},
	}
	if l := g.Loaded(); l.Exact || l.Partial || !reflect.DeepEqual(l.Threads, []Snapshot{first}) {
		t.Errorf("one: %+v", l)
	}

	// Nothing is complete without a thread that another has begun. It is asked without more.
	two := g.asked(g.thread(`{"type":"hello","version":1,"pid":1,"thread":3,"began":7}`), 1)
	g.await("the second", func(l Loaded) bool { return len(l.Threads) == 2 })
	l := g.Loaded()
	if l.Exact || !l.Partial || !l.Threads[0].Answered || l.Threads[1].Answered {
		t.Errorf("one has not answered: %+v", l)
	}
	two.Say(
		`{"type":"files","seq":1,"files":[{"path":"/w","kind":"cjs"},{"path":"/a","kind":"cjs"}],"done":true,"exact":true,"main":"/m"}`)
	if l := <-answers; !l.Exact || len(l.Threads) != 2 || l.Threads[1].Thread != 3 {
		t.Errorf("both: %+v", l)
	}

	// Of those that have gone, what they had loaded stays known. They may have loaded more.
	two.Close()
	g.await("one is left", func(l Loaded) bool { return len(l.Threads) == 1 })
	three := g.asked(g.thread(hello), 1)
	three.Say(`{"type":"files","seq":1,"files":[{"path":"/w","kind":"cjs"}],"done":true,"exact":false,"main":""}`)
	three.Close()
	g.await("the third has been", func(l Loaded) bool { return len(l.Threads) == 1 })
	if l := g.Loaded(); l.Exact || len(l.Past) != 1 || !l.Past[0].Began.Equal(time.UnixMilli(7)) ||
		!reflect.DeepEqual(l.Past[0].Files, []File{{Path: "/w", Kind: CommonJS}, {Path: "/a", Kind: CommonJS}}) {
		t.Errorf("%+v", l)
	}

	// Who does not answer is waited for as long as one likes.
	ctx, cancel := context.WithCancel(t.Context())
	go func() { answers <- g.Ask(ctx) }()
	g.asked(one, 2)
	cancel()
	if l := <-answers; l.Exact || !l.Partial || len(l.Threads) != 1 || !l.Threads[0].Answered ||
		len(l.Threads[0].Files) != 2 {
		t.Errorf("without an answer: %+v", l)
	}
	one.Say(
		`{"type":"files","seq":2,"files":[{"path":"/b","kind":"json"}],"read":["/t.js"],"done":true,"exact":true,"main":"/m"}`)
	g.await("it comes late", func(l Loaded) bool {
		return len(l.Threads[0].Files) == 3 && slices.Equal(l.Threads[0].Read, []string{"/t.js"})
	})
}

// Nobody waits for a thread that does not tell which files are loaded.
func TestAThreadThatDoesNotTell(t *testing.T) {
	g := begin(t, room)
	g.thread(`{"type":"hello","version":1,"files":false}`)
	g.thread(hello).Say(`{"type":"files","seq":1,"done":true}`)
	if l := g.Ask(t.Context()); len(l.Threads) != 1 {
		t.Errorf("%+v", l)
	}
}

// Messages that are not as they must be end the link.
func TestWhoIsNotHeard(t *testing.T) {
	g := begin(t, room)
	for _, line := range []string{`{"type":"files","files":[{"path":"a"}]}`, `{"type":"files","files":{}}`} {
		th := g.thread(hello)
		th.Say(line)
		if answer := th.Hear(); answer != "" {
			t.Errorf("%q is answered with %q", line, answer)
		}
	}
	g.await("all are out", func(l Loaded) bool { return len(l.Threads) == 0 })
}

// What threads have loaded is kept up to a bound, of those that have gone, too. Beyond it no answer counts as complete.
func TestAThreadThatLoadsWithoutEnd(t *testing.T) {
	const room = 1 << 17
	long := strings.Repeat("x", 1<<10)
	for _, part := range []string{`"files":[{"path":"/%d%s"}]`, `"read":["/%d%s"]`} {
		g := begin(t, room)
		for n := range 2 { // of the second one, files that the first has loaded are known
			th := g.thread(hello)
			for i := range room / len(long) {
				th.Say(`{"type":"files","seq":1,` + fmt.Sprintf(part, i, long) + `}`)
			}
			th.Say(`{"type":"files","seq":1,"done":true,"exact":true}`)
			g.await("its answer", func(l Loaded) bool { return len(l.Threads) == 1 && l.Threads[0].Answered })
			l := g.Loaded()
			exact := g.links.Any(func(t *thread) bool { return t.exact })
			if size := sizeOf(append(l.Threads, l.Past...)...); exact || !l.Partial || size > room || size < room/2 {
				t.Errorf("%s, thread %d: %d bytes are kept, partial: %v", part, n, size, l.Partial)
			}
			th.Close()
			g.await("it has gone", func(l Loaded) bool { return len(l.Threads) == 0 })
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
	g := begin(t, room)
	th := g.thread(hello)
	for range 2 * maxHooks {
		th.Say(`{"type":"files","seq":1,"hook":{"by":["/a.js"],"names":["x"]}}`)
	}
	th.Say(`{"type":"files","seq":1,"done":true,"exact":true}`)
	g.await("its answer", func(l Loaded) bool { return len(l.Threads) == 1 && l.Threads[0].Answered })
	if hooks := g.Loaded().Threads[0].Hooks; len(hooks) != maxHooks || !reflect.DeepEqual(hooks[0], Hook{}) {
		t.Errorf("%d hooks, the first is %+v", len(hooks), hooks[0])
	}
}
