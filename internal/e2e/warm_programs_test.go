//go:build linux

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime"
	"github.com/hotswap-dev/hotswap/handoff/runtime/files"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node/plan"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// awkward is a program of testdata/warm, to which it would matter if it were begun
// before its time.
type awkward struct {
	dir     string
	args    []string // of node
	env     []string
	stdin   string
	noticed []string // why packages are left out, in any order
	none    bool     // no package is
	refused string   // why there is no standby
	from    int      // the oldest Node that has what it needs
	run     []string // files of --standby-run
	ahead   int      // packages that are loaded ahead, at least
}

func readAwkward(t *testing.T, file string) awkward {
	t.Helper()
	a := awkward{dir: filepath.Join(t.TempDir(), "app")}
	tsx := filepath.Join(root, "examples/hono-cdc/node_modules/tsx/dist")
	for _, line := range unpack(t, file, a.dir) {
		key, value := line[0], line[1]
		value = os.Expand(value, func(string) string { return tsx })
		switch key {
		case "run":
			a.args = strings.Fields(value)
		case "env":
			a.env = append(a.env, strings.ReplaceAll(value, "DIR", a.dir))
		case "stdin":
			a.stdin = value
		case "noticed":
			a.noticed = append(a.noticed, value)
		case "refused":
			a.refused = value
		case "left":
			a.none = value == "none"
		case "node":
			a.from, _ = strconv.Atoi(value)
		}
	}
	return a
}

// outcome is what one sees of a run.
type outcome struct{ stdout, stderr, end string }

var nodePID = regexp.MustCompile(`\(node:\d+\)|duration_ms:? [\d.]+|\([\d.]+ms\)`)

func (a awkward) command(t *testing.T, binary string, env ...string) (*exec.Cmd, func() outcome) {
	cmd := exec.CommandContext(background(t), binary, a.args...)
	cmd.Dir = a.dir
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "HOTSWAP") && !strings.HasPrefix(kv, "NODE_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(append(cmd.Env, a.env...), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(a.stdin), &stdout, &stderr
	return cmd, func() outcome {
		cmd.Wait()
		clean := func(b bytes.Buffer) string { return nodePID.ReplaceAllString(b.String(), "(node)") }
		return outcome{clean(stdout), clean(stderr), cmd.ProcessState.String()}
	}
}

// options is the program's NODE_OPTIONS with one more script that is required.
func (a awkward) options(script string) string {
	for _, kv := range a.env {
		if strings.HasPrefix(kv, "NODE_OPTIONS=") {
			return kv + " --require " + script
		}
	}
	return "NODE_OPTIONS=--require " + script
}

// few is which share of the programs the installed Node and Python run on each push, and every that of other versions,
// of which each Node has its own: all of them take as long as everything else.
const few, every = 4, 24

func TestWarmPrograms(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(root, "handoff/runtime/js")
	programs, err := filepath.Glob("testdata/warm/*.txtar")
	if err != nil || len(programs) < 30 {
		t.Fatalf("%d programs, %v", len(programs), err)
	}
	install(t, filepath.Join(root, "examples/hono-cdc"))
	for k, n := range nodes(t) {
		t.Run(fmt.Sprintf("node%d", n.major), func(t *testing.T) {
			for i, file := range programs {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
					spare(t, i%every != k && (k > 0 || i%few != 0))
					t.Parallel()
					a := readAwkward(t, file)
					if n.major < a.from {
						t.Skipf("for Node %d", a.from)
					}
					a.compare(t, n.binary, folder)
				})
			}
		})
	}
}

// compare runs the program cold and warm.
func (a awkward) compare(t *testing.T, binary, folder string) {
	adapter := filepath.Join(folder, "adapter.cjs")
	cmd, end := a.command(t, binary, a.options(adapter))
	testkit.NoError(t, cmd.Start())
	cold := end()
	told := filepath.Join(t.TempDir(), "told.json")
	cmd, end = a.command(t, binary, a.options(filepath.Join(root, "internal/e2e/testdata/warm/learn.cjs")),
		"LEARN_ADAPTER="+folder, "LEARN_OUT="+told)
	testkit.NoError(t, cmd.Start())
	learning := end()
	b, err := os.ReadFile(told)
	var m struct {
		files.Files
		Hooks []files.Hook `json:"hooks"`
	}
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		t.Fatalf("what it has loaded: %v\n%+v", err, learning)
	}

	w, r := runtime.New(scratch.New(), ""), plan.NewRuntime(nil, true, a.run...)
	// it does not compile
	if m.Main != "" && !slices.ContainsFunc(m.Files.Files, func(f files.File) bool { return f.Path == m.Main }) {
		kind := map[bool]string{true: files.ESModule, false: files.CommonJS}[strings.HasSuffix(m.Main, ".mjs")]
		m.Files.Files = append([]files.File{{Path: m.Main, Kind: kind}}, m.Files.Files...)
	}
	thread := files.Snapshot{Program: m.Program, Files: m.Files.Files, Hooks: m.Hooks}
	learn := testkit.Must(w.Use(nil, r.Program(thread), standby.Process{Exe: binary, Dir: a.dir, Env: a.env}))(t)
	warmRun{
		awkward: a, w: w, learn: learn,
		launch: func(gen handoff.GenID) *handoff.Launch { return &handoff.Launch{Gen: gen} },
		start: func(l *handoff.Launch) (*exec.Cmd, func() outcome) {
			return a.command(t, binary, a.options(adapter), l.Env[0])
		},
	}.run(t, cold)
}

// nodeBinary is one of several major versions.
type nodeBinary struct {
	major  int
	binary string
}

// nodes are the installed one, and those that npm has.
func nodes(t *testing.T) []nodeBinary {
	t.Helper()
	all := testkit.Must(allNodes())(t)
	return all
}

// someNodes are the installed one and the newest; HOTSWAP_E2E_FULL=1: all.
func someNodes(t *testing.T) []nodeBinary {
	t.Helper()
	all := nodes(t)
	if everyVersion() {
		return all
	}
	return []nodeBinary{all[0], all[len(all)-1]}
}

var allNodes = sync.OnceValues(func() ([]nodeBinary, error) {
	path, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	out, err := exec.Command(path, "-p", "process.versions.node.split('.')[0]").Output()
	if err != nil {
		return nil, err
	}
	major, _ := strconv.Atoi(strings.TrimSpace(string(out)))
	all := []nodeBinary{{major, path}}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	for _, other := range []int{20, 22, 24, 26} {
		if other != major {
			all = append(all, nodeBinary{other, filepath.Join(cache, "hotswap-e2e", fmt.Sprintf("node%d", other),
				"node_modules/node/bin/node")})
		}
	}
	missing := make([]error, len(all))
	var installs sync.WaitGroup
	for i, n := range all {
		installs.Go(func() { missing[i] = n.install() })
	}
	installs.Wait()
	return all, errors.Join(missing...)
})

// install fetches it unless it is there.
func (n nodeBinary) install() error {
	if _, err := os.Stat(n.binary); err == nil {
		return nil
	}
	dir := filepath.Join(n.binary, "../../../..")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "install", "--no-save", "--no-audit", "--no-fund",
		fmt.Sprintf("node@%d", n.major))
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("node %d: %w\n%s", n.major, err, out)
	}
	return nil
}

// maxRehearsals is how many rehearsals in a row may show something new.
const maxRehearsals = 10

// warmRun runs a program as hotswap does it, with processes of the test.
type warmRun struct {
	awkward
	w      *runtime.Manager
	learn  bool // a rehearsal would show something
	launch func(gen handoff.GenID) *handoff.Launch
	start  func(*handoff.Launch) (*exec.Cmd, func() outcome)
}

// run rehearses until nothing new is shown, and then runs the program as a standby, which does what
// the program does cold.
func (r warmRun) run(t *testing.T, cold outcome) {
	t.Helper()
	gen := handoff.GenID(2)
	for ; r.learn; gen++ {
		if gen > maxRehearsals {
			t.Fatal("each rehearsal shows something new")
		}
		r.rehearse(t, gen)
	}
	left := r.standby(t, gen, cold)
	if r.none && len(left) > 0 {
		t.Errorf("left out: %q", left)
	}
	if missing := slices.DeleteFunc(slices.Clone(r.noticed), func(what string) bool {
		return slices.ContainsFunc(left, func(text string) bool { return strings.Contains(text, what) })
	}); len(missing) > 0 {
		t.Errorf("not noticed: %q; left out: %q", missing, left)
	}
}

// process is a program that was started, and how it has ended.
func (r warmRun) process(t *testing.T, l *handoff.Launch) (cmd *exec.Cmd, ctx context.Context, got chan outcome) {
	cmd, end := r.start(l)
	testkit.NoError(t, cmd.Start())
	ctx, ended := context.WithCancelCause(t.Context())
	got = make(chan outcome, 1)
	go func() {
		o := end()
		got <- o
		ended(fmt.Errorf("ended: %+v", o))
	}()
	return cmd, ctx, got
}

func (r *warmRun) rehearse(t *testing.T, gen handoff.GenID) {
	t.Helper()
	l := r.launch(gen)
	rehearsal, err := r.w.Prepare(l, true)
	if errors.As(err, new(handoff.Unknown)) { // all packages have shown something
		r.learn = false
		return
	}
	testkit.NoError(t, err)
	cmd, ctx, got := r.process(t, l)
	failed := rehearsal.Ready(ctx)
	cmd.Process.Kill()
	<-got
	rehearsal.Close()
	r.learn = rehearsal.Learn(failed)
}

// standby runs the program as a standby, and returns what that has not loaded ahead.
func (r warmRun) standby(t *testing.T, gen handoff.GenID, cold outcome) (left []string) {
	t.Helper()
	l := r.launch(gen)
	s := testkit.Must(r.w.Prepare(l, false))(t)
	defer s.Close()
	ahead, left := s.Loaded()
	if ahead < r.ahead {
		t.Errorf("%d packages are loaded ahead; left out: %q", ahead, left)
	}
	cmd, ctx, got := r.process(t, l)
	if err := s.Ready(ctx); err != nil {
		cmd.Process.Kill()
		t.Fatalf("%v\n%+v; left out: %q", err, <-got, left)
	}
	time.Sleep(300 * time.Millisecond) // that it waits is what is tested: whatever runs by itself would run now
	testkit.NoError(t, errors.Join(s.Validate(), s.Resume()))
	if got := <-got; got != cold {
		t.Errorf("cold:\n%s%s%s\nwarm, without %q:\n%s%s%s", cold.stdout, cold.stderr, cold.end, left, got.stdout,
			got.stderr, got.end)
	}
	return left
}
