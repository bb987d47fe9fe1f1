package changes

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/adapters"
	"github.com/hotswap-dev/hotswap/handoff/runtime/files"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// adapter is one of a Node process that the test plays.
type adapter struct {
	*testkit.Link
	x *site
}

// adapter has a generation of these processes begin, whose only thread connects.
func (x *site) adapter(gen int, tree ...int) *adapter {
	x.t.Helper()
	l := &handoff.Launch{Gen: handoff.GenID(gen)}
	session := testkit.Must(x.nodes.Prepare(l))(x.t)
	ctx, cancel := context.WithCancel(x.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = session.Run(ctx, handoff.Running{Tree: func() []int { return tree }}, nil)
	}()
	x.t.Cleanup(func() { cancel(); <-ended })
	a := &adapter{testkit.Connect(x.t, x.nodes.Wire(l.Gen).Path), x}
	a.Say(fmt.Sprintf(`{"type":"hello","version":1,"pid":1,"began":%d}`, time.Now().UnixMilli()))
	await(x.t, "it has connected", func() bool { return len(x.nodes.Files(handoff.GenID(gen)).Loaded().Threads) == 1 })
	return a
}

// asked returns the number of the next order for files.
func (a *adapter) asked() int {
	a.x.t.Helper()
	var order struct{ Seq int }
	if !a.HearInto(&order) {
		a.x.t.Fatal("no order comes")
	}
	return order.Seq
}

// tell answers an order with the files, which were also read more than once.
func (a *adapter) tell(seq int, names ...string) {
	a.x.t.Helper()
	var all []files.File
	var read []string
	for _, file := range names {
		all = append(all, files.File{Path: filepath.Join(a.x.dir, file), Kind: files.CommonJS})
		read = append(read, all[0].Path, filepath.Join(a.x.dir, file))
	}
	text, again := testkit.Must(json.Marshal(all))(a.x.t), testkit.Must(json.Marshal(read))(a.x.t)
	a.Say(fmt.Sprintf(`{"type":"files","seq":%d,"files":%s,"read":%s,"done":true,"exact":true}`, seq, text, again))
}

// heard is a reporter that passes on of how many files it hears.
type heard struct {
	silent
	files   chan int
	ignored chan []string
}

func (h heard) Follows(_, files int, _ []string, _ string) { h.files <- files }
func (h heard) Ignored(_ Reason, files []string)           { h.ignored <- files }

// busySite returns a site whose generation 1 has answered: it has loaded what a build makes, and a folder elsewhere.
func busySite(t *testing.T) (*site, heard) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := testkit.ShortDir(t)
	x := newSite(t, "main.js", "dist/main.js", "../lib/package.json", "../lib/index.js", "../late/package.json",
		"../late/index.js")
	made := time.Now()
	said := heard{files: make(chan int, 10), ignored: make(chan []string, 10)}
	x.nodes, x.cfg.Report = testkit.Must(adapters.New(scratch.In(dir)))(t), said
	x.run()
	x.tracker.first, x.tracker.again = 0, time.Hour
	await(t, "the files are older than the watcher's doubt", func() bool {
		return time.Since(made) > 50*time.Millisecond
	})
	one := x.adapter(1, os.Getpid())
	x.serve(1)
	one.tell(one.asked(), "main.js", "dist/main.js", "../lib/index.js")
	if n := <-said.files; n != 3 {
		t.Fatalf("%d files are followed", n)
	}
	await(t, "they are followed", x.follows("dist/main.js"))
	return x, said
}

// follows reports whether the file counts because the program has loaded it.
func (x *site) follows(file string) func() bool {
	return func() bool {
		e, err := x.watcher.Explain(x.t.Context(), filepath.Join(x.dir, file))
		return err == nil && e.Reason == rules.Loaded
	}
}

func (x *site) serve(gen int) {
	x.set(report.Life{Gen: handoff.GenID(gen), Began: time.Now(), Served: time.Now()})
	x.asked(func() bool { return true }) // the forwarder knows
}

// swaps saves a file, and demands a swap for it.
func (x *site) swaps(file string, said heard) {
	x.t.Helper()
	x.save(file, time.Now().String())
	x.save("main.js", time.Now().String()) // counts always, and comes later
	var files []string
	for !slices.Contains(files, "main.js") {
		select {
		case more := <-x.files:
			files = append(files, more...)
		case ignored := <-said.ignored:
			x.t.Fatalf("%q is ignored", ignored)
		}
	}
	if !slices.Contains(files, file) {
		x.t.Fatalf("a swap for %q, not for %s", files, file)
	}
}

// While a process computes, and does not answer what it has loaded, the files of the generation before it are followed,
// and each change of them is a swap. It is asked again.
func TestAThreadThatAnswersLate(t *testing.T) {
	x, said := busySite(t)
	before := x.tracker.index.Load()
	x.tracker.again = 0
	two := x.adapter(2, os.Getpid())
	x.serve(2)
	two.asked()
	await(t, "its answer is awaited no more", func() bool { return x.tracker.index.Load() != before })
	x.swaps("dist/main.js", said)
	two.tell(two.asked(), "main.js", "dist/main.js", "../late/index.js")
	if n := <-said.files; n != 3 {
		t.Fatalf("%d files are followed after the answer", n)
	}
	x.swaps("../late/index.js", said)
}

// So it is while a process of Node has not connected, whatever others answer.
func TestAProcessThatHasNotConnected(t *testing.T) {
	x, said := busySite(t)
	exe := filepath.Join(t.TempDir(), "node")
	testkit.NoError(t, os.WriteFile(exe, testkit.Must(os.ReadFile(testkit.Must(exec.LookPath("sleep"))(t)))(t), 0o700))
	slow := exec.CommandContext(t.Context(), exe, "1000")
	slow.Env = []string{node.OptionsVariable + "=--require /x/adapter.cjs"}
	testkit.NoError(t, slow.Start())
	defer func() { _ = slow.Process.Kill(); _ = slow.Wait() }()
	two := x.adapter(2, os.Getpid(), slow.Process.Pid)
	x.serve(2)
	two.tell(two.asked(), "main.js")
	if n := <-said.files; n != 3 {
		t.Fatalf("%d files are followed", n)
	}
	x.swaps("dist/main.js", said)
	x.swaps("../lib/index.js", said)
}
