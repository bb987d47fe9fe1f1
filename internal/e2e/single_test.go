//go:build linux

package e2e

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// notebook are the notes that a service has acknowledged.
type notebook struct {
	load.Checks
	mu      sync.Mutex
	notes   map[string]bool
	replies []reply
}

// reply is an answered request from its beginning to its end.
type reply struct {
	version  string
	from, to time.Time
}

func newNotebook() *notebook {
	l := &notebook{Checks: load.ExampleChecks(), notes: map[string]bool{}}
	right := l.Right
	l.Right = func(a load.Answer) error {
		now, err := time.Now(), right(a)
		if err == nil {
			l.mu.Lock()
			version, _ := l.Version(a.Body, a.Header)
			l.replies = append(l.replies, reply{version, a.Began, now})
			if a.Method == http.MethodPost {
				l.notes[string(a.Sent)] = true
			}
			l.mu.Unlock()
		}
		return err
	}
	return l
}

// kept demands that the service has every acknowledged note, and none twice.
func (l *notebook) kept(t testing.TB, port string) {
	t.Helper()
	req, _ := http.NewRequestWithContext(background(t), "GET", "http://127.0.0.1:"+port+"/notes", nil)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got struct{ Notes []string }
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	there := map[string]int{}
	for _, n := range got.Notes {
		if there[n]++; there[n] > 1 {
			t.Errorf("twice: %q", n)
		}
	}
	missing := 0
	for n := range l.notes {
		if there[n] == 0 {
			missing++
		}
	}
	t.Logf("%d notes acknowledged, %d there", len(l.notes), len(got.Notes))
	if missing > 0 || len(l.notes) == 0 {
		t.Errorf("%d of %d acknowledged notes are lost", missing, len(l.notes))
	}
}

// waits are how long those clients waited who came between the beginning of a
// swap and the first answer of its version, and were answered by that. Each
// client has one request at a time, so it waits once in a swap.
func (l *notebook) waits(swaps map[string]time.Time) (out []time.Duration) {
	first := map[string]time.Time{}
	for _, a := range l.replies {
		if f, ok := first[a.version]; !ok || a.to.Before(f) {
			first[a.version] = a.to
		}
	}
	for _, a := range l.replies {
		if begun, ok := swaps[a.version]; ok && a.from.After(begun) && a.from.Before(first[a.version]) {
			out = append(out, a.to.Sub(a.from))
		}
	}
	slices.Sort(out)
	return out
}

// writers are clients of both sorts that read and write.
func writers() []load.Kind {
	return []load.Kind{load.FreshGET(3), load.FreshPOST(3), load.KeepAliveGET(3), load.KeepAlivePOST(3)}
}

// A real database in the process, of which there can be only one, with hotswap's defaults: saved
// ten times under load (three times, unless HOTSWAP_E2E_FULL=1), it loses no row, and the
// database's own files, written all the time, are never taken for a change.
func TestTenSavesOfASingleWriterDatabase(t *testing.T) {
	t.Parallel()
	dir, port := project(t, "pglite"), freePort(t)
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port}, command: []string{"npm", "run", "dev"},
	})
	h.serving(1)
	h.runsAlone("./data")
	l := newNotebook()
	// A boot takes most of a second, and many on a machine that is busy.
	tr := beginWith(t, load.Config{Targets: []string{"127.0.0.1:" + port}, Kinds: writers(), Checks: l.Checks, Timeout: patience})
	tr.answers("1", 100)
	last := 4
	if full() {
		last = 11
	}
	singleSaves(t, h, tr, l, filepath.Join(dir, "src", "version.ts"), last)
	l.kept(t, port)
}

// runsAlone waits until hotswap has found what only one process may have open.
func (h *hotswap) runsAlone(path string) {
	h.t.Helper()
	if l := h.wait("the end of the overlap", func(l line) bool { return l.Event == "stop-first" }); l.Path != path {
		h.t.Errorf("because of %s, not %s", l.Path, path)
	}
}

// singleSaves saves the versions 2 to last, each when the one before has
// answered, and says where the time of a swap goes.
func singleSaves(t *testing.T, h *hotswap, tr *traffic, l *notebook, file string, last int) {
	t.Helper()
	var stops, boots []time.Duration
	swaps := map[string]time.Time{} // when each began
	for v := 2; v <= last; v++ {
		save(t, file, v)
		s := h.serving(v)
		boots = append(boots, time.Duration(s.BootMS*float64(time.Millisecond)))
		d := h.drained(v - 1)
		stop := time.Duration(d.TookMS * float64(time.Millisecond))
		stops = append(stops, stop)
		swaps[strconv.Itoa(v)] = d.Time.Add(-stop)
		tr.answers(strconv.Itoa(v), 100)
	}
	s := tr.end()
	waits := l.waits(swaps)
	if len(waits) == 0 {
		t.Fatal("no client came while nobody served")
	}
	t.Logf("stop: median %v, longest %v; start: median %v, longest %v; %d clients came while nobody served and waited: median %v, 95th percentile %v, longest of all %v",
		median(stops), slices.Max(stops), median(boots), slices.Max(boots),
		len(waits), median(waits), waits[len(waits)*95/100], s.LongestStall)
	if n := h.count(func(l line) bool { return l.Event == "serving" && l.Replaces != 0 }); n > 0 {
		t.Errorf("%d generations ran beside the one before", n)
	}
	if n := h.count(func(l line) bool { return l.Event == "serving" }); n != last {
		t.Errorf("%d generations served, want %d", n, last)
	}
	if n := h.count(func(l line) bool {
		return l.Event == "failed" || l.Event == "crashed" || l.Event == "drained" && l.Killed
	}); n > 0 {
		t.Errorf("%d generations failed, crashed or were killed", n)
	}
}

// sqlite keeps notes in a database, which it holds for itself alone if MODE is EXCLUSIVE.
const sqlite = `
import json, os, signal, sqlite3, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from version import version
db = sqlite3.connect("notes.data", check_same_thread=False, timeout=30 if os.environ["MODE"] == "NORMAL" else 0, isolation_level=None)
db.execute("PRAGMA locking_mode=" + os.environ["MODE"])
db.execute("PRAGMA journal_mode=WAL")
db.execute("CREATE TABLE IF NOT EXISTS notes (text TEXT)")
lock = threading.Lock()
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, o):
        body = json.dumps({**o, "version": version, "pid": os.getpid()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        with lock: notes = [t for (t,) in db.execute("SELECT text FROM notes")] if self.path == "/notes" else None
        self.answer({"pong": True, "notes": notes})
    def do_POST(self):
        note = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with lock: db.execute("INSERT INTO notes VALUES (?)", (note,))
        self.answer({"echo": note})
    def log_message(self, *args): pass
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`

func TestSQLiteWithAnExclusiveLock(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	write(t, filepath.Join(dir, "server.py"), sqlite)
	write(t, filepath.Join(dir, "version.py"), "version = 1\n")
	h := start(t, options{
		dir: dir, env: []string{"PYTHONDONTWRITEBYTECODE=1", "PORT=" + port, "MODE=EXCLUSIVE"},
		args: []string{unhurried}, command: []string{"python3", "server.py"},
	})
	h.serving(1)
	h.runsAlone("./notes.data")
	l := newNotebook()
	tr := begin(t, writers(), l.Checks, "127.0.0.1:"+port)
	tr.answers("1", 100)
	singleSaves(t, h, tr, l, filepath.Join(dir, "version.py"), 6)
	l.kept(t, port)
}

// inMemory is a PGlite that has no folder.
const inMemory = `
import { PGlite } from '@electric-sql/pglite'
import { serve } from './server.ts'
const db = await PGlite.create()
await serve(db, () => db.close())
`

// Databases that several processes may have open, and files that are written all the time, leave
// the overlap as it is.
func TestOverlapOfSharedDatabases(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dir     func(*testing.T) string
		version string
		env     []string
		command []string
	}{
		"SQLite with a write-ahead log": {func(t *testing.T) string {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "server.py"), sqlite)
			write(t, filepath.Join(dir, "version.py"), "version = 1\n")
			return dir
		}, "version.py", []string{"PYTHONDONTWRITEBYTECODE=1", "MODE=NORMAL"}, []string{"python3", "server.py"}},
		"PGlite in memory": {func(t *testing.T) string {
			dir := project(t, "pglite")
			write(t, filepath.Join(dir, "src", "index.ts"), inMemory)
			return dir
		}, "src/version.ts", nil, []string{"npm", "run", "dev"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, port := c.dir(t), freePort(t)
			h := start(t, options{dir: dir, env: append(c.env, "PORT="+port), args: []string{unhurried}, command: c.command})
			h.serving(1)
			l := newNotebook()
			tr := beginWith(t, load.Config{Targets: []string{"127.0.0.1:" + port}, Kinds: writers(), Checks: l.Checks, Timeout: patience})
			for v := 2; v <= 4; v++ {
				tr.answers(strconv.Itoa(v-1), 100)
				save(t, filepath.Join(dir, c.version), v)
				if l := h.serving(v); l.Replaces != v-1 {
					t.Errorf("generation %d replaces %d", v, l.Replaces)
				}
			}
			tr.answers("4", 100)
			tr.end()
			if c.env != nil { // the others begin with an empty database
				l.kept(t, port)
			}
			if n := h.count(func(l line) bool { return l.Event == "stop-first" }); n > 0 {
				t.Error("the overlap has ended")
			}
		})
	}
}
