package changes

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
	"github.com/hotswap-dev/hotswap/watch"
)

// workshop is a project in which edits, runs of rules and swaps come at random moments. It
// notes what each run of a rule has seen of the rule's files.
type workshop struct {
	t     *testing.T
	rules *rule.Rules
	files []string

	mu      sync.Mutex
	random  *rand.Rand
	content map[string]int         // by file, how often it was edited
	due     map[int]bool           // rules of which a file was edited
	saw     map[int]map[string]int // by rule, what the last run that ended by itself saw
	running map[int]bool           // commands of rules
	alone   bool                   // one of them wants no generation beside it
	serving map[*fakeProcess]bool  // generations that live
	pids    int
	perfect bool // commands no longer fail
}

// projectRules are the rules of a workshop.
var projectRules = []rule.Rule{
	{Where: "0", Change: []string{"a/**"}, Run: "0"},
	{Where: "1", Change: []string{"b/*", "!b/x"}, Run: "1"},
	{Where: "2", Change: []string{"[ab]/x"}, Run: "2"},
	{Where: "3", Change: []string{"a/*.sql"}, Run: "3", Once: true, StopFirst: true},
	{Where: "4", Change: []string{"c/*"}, Run: "4", Nothing: true},
	{Where: "5", Change: []string{"c/y"}, Run: "5"},
	{Where: "6", Change: []string{"**/*.css"}, Browser: rule.BrowserCSS},
}

// Start is a run.Starter.
func (w *workshop) Start(s proc.Spec) (run.Process, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pids++
	p := &fakeProcess{w: w, pid: w.pids, exited: make(chan proc.Exit, 1), gone: make(chan struct{}), rule: -1}
	if s.Title != supervisor.BuildTitle {
		if w.alone {
			w.t.Error("a generation starts beside a step that is alone")
		}
		w.serving[p] = true
		return p, nil
	}
	_, _ = fmt.Sscan(s.Argv[2], &p.rule)
	r := w.rules.All()[p.rule]
	if w.running[p.rule] {
		w.t.Errorf("rule %d runs twice at once", p.rule)
	}
	if r.StopFirst {
		if w.alone = true; len(w.serving) > 0 {
			w.t.Errorf("rule %d runs beside %d generations", p.rule, len(w.serving))
		}
	}
	w.running[p.rule] = true
	saw := map[string]int{} // a command may read its files as soon as it begins
	_, match := w.rules.Inputs(p.rule)
	for _, f := range w.files {
		if match(f) {
			saw[f] = w.content[f]
		}
	}
	exit := proc.Exit{}
	if !w.perfect && w.random.IntN(4) == 0 {
		exit.Code = 1
	}
	time.AfterFunc(time.Duration(1+w.random.IntN(400))*time.Millisecond, func() { p.end(exit, saw) })
	return p, nil
}

// fakeProcess is a generation, or the command of a rule.
type fakeProcess struct {
	w      *workshop
	pid    int
	rule   int // -1: a generation
	once   sync.Once
	exited chan proc.Exit
	gone   chan struct{}
}

func (p *fakeProcess) end(e proc.Exit, saw map[string]int) {
	p.once.Do(func() {
		p.w.mu.Lock()
		defer p.w.mu.Unlock()
		delete(p.w.serving, p)
		if p.rule >= 0 {
			p.w.running[p.rule] = false
			if p.w.rules.All()[p.rule].StopFirst {
				p.w.alone = false
			}
			if saw != nil {
				p.w.saw[p.rule] = saw
			}
		}
		p.exited <- e
		close(p.gone)
	})
}
func (p *fakeProcess) PID() int                 { return p.pid }
func (p *fakeProcess) Listener() (int, error)   { return -1, nil }
func (p *fakeProcess) Tree() []int              { return []int{p.pid} }
func (p *fakeProcess) Exited() <-chan proc.Exit { return p.exited }
func (p *fakeProcess) Gone() <-chan struct{}    { return p.gone }
func (p *fakeProcess) Release() error           { return nil }
func (p *fakeProcess) Kill() error              { p.end(proc.Exit{Signal: syscall.SIGKILL}, nil); return nil }
func (p *fakeProcess) Signal(sig syscall.Signal) error {
	p.w.mu.Lock()
	d := time.Duration(p.w.random.IntN(300)) * time.Millisecond
	p.w.mu.Unlock()
	time.AfterFunc(d, func() { p.end(proc.Exit{Signal: sig}, nil) })
	return nil
}

// workTask is a task that is owed until its command has succeeded with the files as they are. Its fields
// belong to the workshop's lock.
type workTask struct {
	w       *workshop
	owed    bool
	changes int // how often Changed was called
	at      int // changes when the command began
}

func (k *workTask) Owed() bool {
	k.w.mu.Lock()
	defer k.w.mu.Unlock()
	return k.owed
}

func (k *workTask) Changed() {
	k.w.mu.Lock()
	defer k.w.mu.Unlock()
	k.owed = true
	k.changes++
}

func (k *workTask) Begin(context.Context) (bool, error) {
	k.w.mu.Lock()
	defer k.w.mu.Unlock()
	k.at = k.changes
	return k.owed, nil
}

func (k *workTask) End(succeeded bool) {
	k.w.mu.Lock()
	defer k.w.mu.Unlock()
	k.owed = !succeeded || k.changes != k.at
}

// Whatever is edited when, and whichever commands fail or are ended for a newer edit: the last
// run of each rule saw the last content of the rule's files, and nothing runs at the end.
func TestEachRuleSeesTheLastContent(t *testing.T) {
	for seed := range uint64(150) {
		synctest.Test(t, func(t *testing.T) {
			w := &workshop{
				t: t, random: rand.New(rand.NewPCG(seed, 1)), content: map[string]int{}, due: map[int]bool{}, saw: map[int]map[string]int{},
				running: map[int]bool{}, serving: map[*fakeProcess]bool{},
			}
			for _, f := range strings.Fields("a/1 a/x a/deep/2 a/m.sql b/1 b/x b/s.css c/1 c/y d/1 e.css") {
				w.files = append(w.files, filepath.Join("/project", f))
			}
			var err error
			if w.rules, err = rule.New("/project", projectRules); err != nil {
				t.Fatal(err)
			}
			steps := NewSteps(w.rules, func(i int) Task { return &workTask{w: w} })
			s := supervisor.New(supervisor.Config{
				Command: []string{"serve"}, Registry: reuseport.NewRegistry(nil), Runner: w, Console: mute{}, Steps: steps.Starting(), Task: steps.Task,
				Policy: supervisor.Policy{Watching: true, ReadyAtStart: true, Strategy: []supervisor.Strategy{supervisor.Overlap, supervisor.StopFirst}[seed%2]},
			})
			ended := make(chan struct{})
			go func() { s.Run(context.Background()); close(ended) }()
			synctest.Wait()
			w.edit(t, s, steps)
			time.Sleep(time.Minute)
			// What waits behind a command that failed runs with the next save.
			w.mu.Lock()
			w.perfect = true
			w.mu.Unlock()
			steps.apply(t.Context(), Engine{Supervisor: s}, quiet{}, inProject("d/1"))
			time.Sleep(time.Minute)
			synctest.Wait()
			w.check(seed, s.Current())
			_, _ = s.Stop(t.Context(), 0)
			<-ended
		})
	}
}

// mute gives streams that nobody reads.
type mute struct{}

func (mute) Open(supervisor.GenID, bool, func(string), func(string)) (run.Streams, error) {
	return mute{}, nil
}
func (mute) Stdio() (fds [3]int) { return fds }
func (mute) Started()            {}
func (mute) Go()                 {}
func (mute) Flush()              {}
func (mute) Last() []string      { return nil }
func (mute) Close()              {}

// edit edits files and reports them, as the watcher does.
func (w *workshop) edit(t *testing.T, s *supervisor.Supervisor, steps *Steps) {
	for range 3 + w.pick(25) {
		var batch []string
		w.mu.Lock()
		for range 1 + w.random.IntN(3) {
			f := w.files[w.random.IntN(len(w.files))]
			w.content[f]++
			batch = append(batch, strings.TrimPrefix(f, "/project/"))
			for i := range w.rules.All() {
				_, match := w.rules.Inputs(i)
				w.due[i] = w.due[i] || match(f)
			}
		}
		w.mu.Unlock()
		steps.apply(t.Context(), Engine{Supervisor: s}, quiet{}, inProject(batch...))
		time.Sleep(time.Duration(w.pick(500)) * time.Millisecond)
		if w.pick(12) == 0 {
			go func() { _, _ = s.Reload(t.Context()) }()
		}
	}
}

func inProject(files ...string) (changes []watch.Change) {
	for _, file := range files {
		changes = append(changes, watch.Change{Path: "/project/" + file, Rel: file})
	}
	return changes
}

func (w *workshop) pick(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.random.IntN(n)
}

// check compares what the rules saw last with what is there.
func (w *workshop) check(seed uint64, st report.Status) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, r := range w.rules.All() {
		if r.Run == "" || !w.due[i] {
			continue
		}
		if w.running[i] {
			w.t.Errorf("seed %d: rule %d still runs", seed, i)
		}
		_, match := w.rules.Inputs(i)
		for _, f := range w.files {
			if match(f) && w.saw[i][f] != w.content[f] {
				w.t.Errorf("seed %d: the last run of rule %d saw edit %d of %s, and there were %d", seed, i, w.saw[i][f], f, w.content[f])
			}
		}
	}
	if st.Build != nil {
		w.t.Errorf("seed %d: something is built at the end: %+v", seed, st.Build)
	}
}

// quiet is a Reporter that says nothing.
type quiet struct{ Reporter }

func (quiet) Applied(Applied) {}
