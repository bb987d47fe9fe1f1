//go:build linux

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/drain"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/console"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// watched is a drain of connections that the kernel shows.
type watched struct {
	*drain.Watch
	retired atomic.Bool
}

func (w *watched) Retire() { w.retired.Store(true) }

func (w *watched) Run(ctx context.Context, reporter func(report.DrainReport)) error {
	defer w.Close()
	for {
		retired := w.retired.Load()
		r, again, alive := w.Look()
		reporter(report.DrainReport{Connections: r.Connections, Idle: r.Free(), Retired: retired})
		if err := wait.For(ctx, again); err != nil || !alive {
			return err
		}
	}
}

// inProcess is a supervisor in this very process, so that its goroutines,
// descriptors and memory can be counted and the race detector sees it.
func inProcess(t *testing.T, command []string, env ...string) *supervisor.Supervisor {
	t.Helper()
	registry := reuseport.NewRegistry(sockets.System{})
	transport := testkit.Must(intercept.New(registry, registry.Probe))(t)
	quiet := testkit.Must(os.OpenFile(os.DevNull, os.O_RDWR, 0))(t)
	fd := int(quiet.Fd())
	s := supervisor.New(supervisor.Config{
		Command: command, Env: append(os.Environ(), env...), Console: run.Relayed{Console: console.New(console.Config{In: fd, Input: fd, Out: fd, Err: fd})},
		Registry: registry, Transports: []handoff.Transport{transport}, Policy: supervisor.Policy{DrainTimeout: patience},
		Drainer: func(r run.DrainSpec) run.Drain {
			w, err := drain.Open(drain.Config{Endpoints: r.Endpoints, Tree: r.Tree, Waiting: r.Waiting, Relieved: r.Steered, Rest: drain.Rest})
			if err != nil {
				t.Error(err)
				return nil
			}
			return &watched{Watch: w}
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = registry.Close()
		_ = quiet.Close()
	})
	return s
}

// until waits for a state.
func until(t *testing.T, s *supervisor.Supervisor, what string, ok func(report.Status) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		st := s.Status()
		if ok(st) {
			return
		}
		select {
		case <-st.Changed:
		case <-deadline:
			t.Fatalf("%s does not come: %+v", what, st)
		}
	}
}

// alone is when one generation serves and no other is left.
func alone(st report.Status) bool {
	return st.State == report.PhaseServing && len(st.Generations) == 1
}

type census struct {
	descriptors, goroutines int
	heap                    uint64
}

func count(t *testing.T) census {
	t.Helper()
	runtime.GC()
	runtime.GC()
	fds := testkit.Must(os.ReadDir("/proc/self/fd"))(t)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return census{len(fds), runtime.NumGoroutine(), m.HeapAlloc}
}

// names says what this process's descriptors are.
func names(t *testing.T) (out []string) {
	t.Helper()
	fds, _ := filepath.Glob("/proc/self/fd/*")
	for _, fd := range fds {
		link, _ := os.Readlink(fd)
		out = append(out, filepath.Base(fd)+" "+link)
	}
	return out
}

func TestFiftySwapsInARow(t *testing.T) {
	port := freePort(t)
	program := filepath.Join(t.TempDir(), "server")
	buildGoServer(t, program, 1)
	// A process under the race detector takes a second to end, unless told.
	s := inProcess(t, []string{program}, "ADDR=127.0.0.1:"+port, "GORACE=atexit_sleep_ms=0")
	until(t, s, "the first generation", alone)

	swap := func(n int) {
		for range n {
			r, err := s.Reload(background(t))
			if err != nil || r.Outcome != report.OutcomeServes {
				t.Fatalf("swap: %+v %v", r, err)
			}
		}
		until(t, s, "one generation alone", alone)
	}
	checks := load.ExampleChecks()
	checks.Version = nil // it is the same program each time
	warm := begin(t, resting(sixteen()), checks, "127.0.0.1:"+port)
	swap(5)
	warm.end(t)
	until(t, s, "one generation alone", alone)
	before := count(t)

	tr := begin(t, resting(sixteen()), checks, "127.0.0.1:"+port)
	tr.More(50)
	swap(50)
	tr.end(t)
	// Gates that could not leave safely during the rush leave with the next
	// swap.
	swap(1)
	// What ends last ends a moment after its swap; a leak of one for each swap, which is what is looked for, stays.
	var after census
	testkit.Eventually(t, func() error {
		if after = count(t); after.descriptors <= before.descriptors && after.goroutines <= before.goroutines+5 {
			return nil
		}
		buf := make([]byte, 1<<20)
		return fmt.Errorf("before %+v, after %+v: %v\n%s", before, after, names(t), buf[:runtime.Stack(buf, true)])
	})
	t.Logf("before %+v, after %+v", before, after)
	if after.heap > before.heap+4<<20 {
		t.Errorf("%d KiB of heap more", (after.heap-before.heap)>>10)
	}
}

// saveWhole saves a version as editors do, so that nobody reads half of it.
func saveWhole(t testing.TB, file string, version int) {
	t.Helper()
	testkit.Write(t, file, fmt.Sprintf(`{"version":%d}`, version))
}

// holds returns how many descriptors hotswap has and how many processes are below it.
func (h *hotswap) holds() (descriptors, processes int) {
	fds, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", h.pid()))
	return len(fds), descendants(h.pid())
}

func descendants(pid int) (n int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range tasks {
		children, _ := os.ReadFile(file)
		for _, child := range strings.Fields(string(children)) {
			id, _ := strconv.Atoi(child)
			n += 1 + descendants(id)
		}
	}
	return n
}

// A save a second, as an agent saves: nothing is lost, the last save serves, and nothing piles up.
func TestASaveASecond(t *testing.T) {
	t.Parallel()
	last := enough(61, 21)
	dir := nodeProject(t, "")
	h := start(t, options{dir: dir, args: []string{"--probation", brief}, command: words("node server.js")})
	tr := h.under(sixteen())
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var descriptors, processes int // the most of the first saves
	for v := 2; v <= last; v++ {
		<-tick.C
		saveWhole(t, filepath.Join(dir, "version.json"), v)
		if d, p := h.holds(); v < last/3 {
			descriptors, processes = max(d, descriptors), max(p, processes)
		}
	}
	tr.Answers(strconv.Itoa(last), 50)
	tr.end(t)
	t.Logf("%d served, %d given up", h.Count(is("serving")), h.Count(is("superseded")))
	testkit.Eventually(t, func() error {
		if d, p := h.holds(); d > descriptors || p > processes {
			return fmt.Errorf("%d descriptors and %d processes after %d saves, at most %d and %d during the first", d, p, last-1, descriptors, processes)
		}
		return nil
	})
}

// Whenever hotswap is killed, the next one has the port, and in the end nothing is left.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	dir, port, temporary := nodeProject(t, ""), freePort(t), t.TempDir()
	again := func() *hotswap {
		return start(t, options{dir: dir, env: []string{"PORT=" + port, "TMPDIR=" + temporary}, command: words("node server.js")})
	}
	for round := range 12 {
		h := again()
		if round%3 > 0 { // else while it starts
			h.Serving(1)
			saveWhole(t, filepath.Join(dir, "version.json"), round)
		}
		time.Sleep(rand.N(400 * time.Millisecond)) // at any moment of a start or a swap
		h.signal(syscall.SIGKILL)
		<-h.Done
	}
	h := again()
	h.Serving(1)
	if p, err := pinged(h.addr()); err != nil || p.Version != 11 {
		t.Errorf("version %d answers, %v", p.Version, err)
	}
	h.signal(syscall.SIGTERM)
	h.exits(0)
	testkit.Eventually(t, func() error {
		folders, _ := filepath.Glob("/proc/[0-9]*/cwd")
		for _, link := range folders {
			if at, _ := os.Readlink(link); at == dir {
				return fmt.Errorf("%s is left", link)
			}
		}
		if left, _ := os.ReadDir(temporary); len(left) > 0 {
			return fmt.Errorf("%v is left", left)
		}
		return nil
	})
}

// Commands, saves and nonsense come in any order from several at once: clients lose nothing, and hotswap does what it
// is told afterwards.
func TestCommandsInAnyOrder(t *testing.T) {
	t.Parallel()
	dir := nodeProject(t, "require('fs').writeFileSync('half', process.env.HOTSWAP_CONTROL); require('fs').renameSync('half', 'control')")
	version := filepath.Join(dir, "version.json")
	h := start(t, options{dir: dir, args: []string{"--probation", "60s"}, command: words("node server.js")})
	h.Serving(1)
	socket := testkit.AwaitFile(t, filepath.Join(dir, "control"))
	checks := load.ExampleChecks()
	checks.Version = nil // a rollback brings an old one back
	tr := begin(t, sixteen(), checks, h.addr())
	tr.More(20)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var all sync.WaitGroup
	for i := range uint64(6) {
		all.Go(func() {
			random, client := rand.New(rand.NewPCG(seed, i)), control.NewClient(socket)
			for ctx.Err() == nil {
				switch pick := random.IntN(7); pick {
				case 0:
					_, _ = client.Status(ctx)
				case 1:
					if c, err := net.Dial("unix", socket); err == nil {
						_, _ = io.WriteString(c, []string{"", "\x00\xff\r\n\r\n", "POST /v1/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"}[random.IntN(3)])
						_ = c.Close()
					}
				default:
					brief, stop := context.WithTimeout(ctx, time.Duration(random.IntN(500))*time.Millisecond)
					_, _ = client.Command(brief, []string{"reload", "rollback", "pause", "resume", "wait"}[pick-2])
					stop()
				}
			}
		})
	}
	last := 2
	for ; ctx.Err() == nil; last++ {
		saveWhole(t, version, last)
		time.Sleep(200 * time.Millisecond)
	}
	all.Wait()
	client := control.NewClient(socket)
	if _, err := client.Command(t.Context(), "resume"); err != nil && !strings.Contains(err.Error(), "not paused") {
		t.Error(err)
	}
	saveWhole(t, version, last)
	testkit.Eventually(t, func() error {
		if p, err := pinged(h.addr()); err != nil || p.Version != last {
			return fmt.Errorf("version %d answers, want %d: %w", p.Version, last, err)
		}
		return nil
	})
	tr.end(t)
}

// Clients that send a byte now and then get their answers over several swaps, and those that send nothing keep nobody
// from anything.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	dir := nodeProject(t, "")
	h := start(t, options{dir: dir, args: []string{"--probation", brief}, command: words("node server.js")})
	tr := h.under([]load.Kind{load.FreshGET(4), load.KeepAlivePOST(2)})
	for range 30 {
		defer testkit.Dial(t, h.addr()).Close()
	}
	const body = "abcdefghijklmnopqrstuvwxyz"
	request := "POST /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	var all sync.WaitGroup
	for range 12 {
		c := testkit.Dial(t, h.addr())
		pause := rand.N(40*time.Millisecond) + 10*time.Millisecond
		all.Go(func() {
			defer c.Close()
			for b := range slices.Chunk([]byte(request), 1) {
				if _, err := c.Write(b); err != nil {
					t.Error(err)
					return
				}
				time.Sleep(pause)
			}
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Error(err)
				return
			}
			answer, err := io.ReadAll(res.Body)
			if err != nil || !strings.Contains(string(answer), body) {
				t.Errorf("%s, %v", answer, err)
			}
		})
	}
	for v := 2; v <= 5; v++ {
		saveWhole(t, filepath.Join(dir, "version.json"), v)
		h.Serving(v)
	}
	all.Wait()
	tr.end(t)
	h.signal(syscall.SIGTERM)
	h.exits(0)
}
