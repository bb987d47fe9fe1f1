//go:build linux

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// stateExamples are the programs of examples/state, in a folder of the test's own: for Node, of WSGI in two workers,
// and of ASGI.
var stateExamples = map[string]func(t *testing.T) (dir string, command []string){
	"node": func(t *testing.T) (string, []string) { return project(t, "state/node"), []string{"node", "server.js"} },
	"gunicorn": func(t *testing.T) (string, []string) { // gunicorn.conf.py says the rest
		return withModule(t, project(t, "state/python")), []string{"/usr/bin/gunicorn", "app:app"}
	},
	"uvicorn": func(t *testing.T) (string, []string) {
		return withModule(t, project(t, "state/python")), []string{"sh", "-c", "exec /usr/bin/uvicorn --port $PORT --no-access-log asgi:app"}
	},
}

// withModule puts Python's module hotswap into a folder.
func withModule(t testing.TB, dir string) string {
	t.Helper()
	testkit.NoError(t, os.CopyFS(filepath.Join(dir, "hotswap"), os.DirFS(filepath.Join(root, "clients", "python", "hotswap"))))
	return dir
}

// counted is a run of an example of state: what it has acknowledged, and the file of its
// scheduler.
type counted struct {
	*hotswap
	t     *testing.T
	o     options
	port  string
	ticks string

	mu      sync.Mutex // guards numbers
	numbers []int      // that POST /count has answered
}

// beginCounted starts it.
func beginCounted(t *testing.T, name string, args ...string) *counted {
	t.Helper()
	dir, command := stateExamples[name](t)
	c := &counted{t: t, port: freePort(t), ticks: filepath.Join(t.TempDir(), "ticks")}
	c.o = options{dir: dir, env: []string{"PORT=" + c.port, "TICKS=" + c.ticks}, args: append([]string{"--no-watch"}, args...), command: command}
	c.hotswap = start(t, c.o)
	c.Serving(1)
	return c
}

// count is a load that counts.
func (c *counted) count() *traffic {
	c.t.Helper()
	post := load.FreshPOST(3)
	post.Path = "/count"
	kept := load.KeepAlivePOST(3)
	kept.Path = "/count"
	get := load.FreshGET(2)
	get.Path = "/healthz"
	return begin(c.t, []load.Kind{post, kept, get}, load.Checks{Right: c.right}, "127.0.0.1:"+c.port)
}

func (c *counted) right(a load.Answer) error {
	if err := load.RightStatus(a); err != nil || a.Method == http.MethodGet {
		return err
	}
	n, err := strconv.Atoi(string(a.Body))
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.numbers = append(c.numbers, n)
	}
	return err
}

// whole demands that no number was answered twice and that the count is at least the
// greatest. Returned is how many counts were done beyond those that were acknowledged.
func (c *counted) whole() (beyond int) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	numbers := slices.Sorted(slices.Values(c.numbers))
	if n := len(numbers) - len(slices.Compact(slices.Clone(numbers))); n > 0 {
		c.t.Errorf("%d counts were answered with a number that another one has", n)
	}
	var now int
	if _, err := fmt.Sscanf(c.get("/"), "count %d", &now); err != nil || len(numbers) == 0 {
		c.t.Fatalf("%d counts were acknowledged; the page: %v", len(numbers), err)
	}
	if last := numbers[len(numbers)-1]; last > now {
		c.t.Errorf("%d was acknowledged, the count is %d", last, now)
	}
	c.t.Logf("%d counts acknowledged, the count is %d", len(numbers), now)
	return now - len(numbers)
}

func (c *counted) get(path string) string { return get("http://127.0.0.1:" + c.port + path) }

// loadedOnce demands that the initializer of the cache has run once.
func (c *counted) loadedOnce() {
	c.t.Helper()
	var cache struct {
		Value map[string]any
		Runs  int
	}
	if err := json.Unmarshal([]byte(c.get("/cache")), &cache); err != nil || cache.Runs != 1 || len(cache.Value) == 0 {
		c.t.Errorf("the cache is %+v, %v", cache, err)
	}
}

// tick is a line of the scheduler.
type tick struct {
	word    string
	gen     int
	process int
	at      time.Time
}

func (c *counted) read() (ticks []tick) {
	c.t.Helper()
	b, err := os.ReadFile(c.ticks)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		c.t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var k tick
		var ms int64
		if _, err := fmt.Sscanf(line, "%s %d %d %d", &k.word, &k.gen, &k.process, &ms); err != nil {
			continue // it is being written
		}
		k.at = time.UnixMilli(ms)
		ticks = append(ticks, k)
	}
	return ticks
}

// worksIn waits until a job has ended in that generation, beyond what there was.
func (c *counted) worksIn(gen int, seen int) {
	c.t.Helper()
	testkit.Eventually(c.t, func() error {
		ticks := c.read()
		if !slices.ContainsFunc(ticks[min(seen, len(ticks)):], func(k tick) bool { return k.word == "end" && k.gen == gen }) {
			return fmt.Errorf("no job ends in generation %d: %v", gen, ticks[max(0, len(ticks)-4):])
		}
		return nil
	})
}

// hardlyStops demands that no job began before the one before it had ended, and that none was missing: an example's job
// begins each 0.1 s or so, on a busy machine and during a swap some tenths of a second later.
func (c *counted) hardlyStops() {
	c.t.Helper()
	ticks := c.read()
	running := 0 // process
	var began time.Time
	var longest time.Duration // from one beginning to the next
	for _, k := range ticks {
		switch {
		case k.word == "begin" && running == 0:
			if !began.IsZero() {
				longest = max(longest, k.at.Sub(began))
			}
			running, began = k.process, k.at
		case k.word == "end" && running == k.process:
			running = 0
		default:
			c.t.Fatalf("%s in process %d of generation %d at %v, while the job of process %d runs", k.word, k.process, k.gen, k.at.Format("05.000"), running)
		}
	}
	if c.t.Logf("%d jobs, at most %v from one beginning to the next", len(ticks)/2, longest); longest > 10*time.Second {
		c.t.Errorf("no job began for %v", longest)
	}
}

// A swap and an upgrade under load: each count that is acknowledged is there once, what is cached is
// made once, also if two workers ask for it, the job runs in one process at a time and is not
// missing, and each process closes its pool before it ends.
func TestStateThroughSwaps(t *testing.T) {
	t.Parallel()
	for name := range stateExamples {
		t.Run(name, func(t *testing.T) {
			spare(t, name == "uvicorn")
			t.Parallel()
			c := beginCounted(t, name, "--probation", brief)
			tr := c.count()
			for v := 2; v <= 3; v++ {
				seen := len(c.read())
				if v == 2 {
					c.signal(syscall.SIGHUP)
				} else {
					c.upgradeSelf(1)
				}
				c.Serving(v)
				c.worksIn(v, seen)
				tr.More(20)
				c.drains(v - 1)
			}
			tr.end(t)
			if beyond := c.whole(); beyond != 0 {
				t.Errorf("%d counts more than were acknowledged", beyond)
			}
			c.loadedOnce()
			c.hardlyStops()
			pools := map[bool]int{true: 2, false: 1}[name == "gunicorn"]
			for v := 1; v <= 2; v++ {
				if n := strings.Count(c.Log(), fmt.Sprintf("generation %d has closed its pool", v)); n != pools {
					t.Errorf("generation %d closed %d pools, want %d", v, n, pools)
				}
			}
		})
	}
}
