//go:build linux

package e2e

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// notebook are the notes that a service has acknowledged.
type notebook struct {
	load.Checks
	mu    sync.Mutex
	notes map[string]bool
}

func newNotebook() *notebook {
	l := &notebook{Checks: load.ExampleChecks(), notes: map[string]bool{}}
	right := l.Right
	l.Right = func(a load.Answer) error {
		err := right(a)
		if err == nil && a.Method == http.MethodPost {
			l.mu.Lock()
			l.notes[string(a.Sent)] = true
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

// writers are clients of both sorts that read and write.
func writers() []load.Kind {
	return []load.Kind{load.FreshGET(3), load.FreshPOST(3), load.KeepAliveGET(3), load.KeepAlivePOST(3)}
}

// A real database in the process, of which there can be only one, with hotswap's defaults: saved
// under load, it loses no row, and the database's own files, written all the time, are never
// taken for a change.
func TestSavesOfASingleWriterDatabase(t *testing.T) {
	t.Parallel()
	dir, port := project(t, "pglite"), freePort(t)
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port}, command: []string{"npm", "run", "dev"},
	})
	h.Serving(1)
	h.runsAlone("./data")
	l := newNotebook()
	tr := begin(t, writers(), l.Checks, "127.0.0.1:"+port)
	tr.answers("1", 30)
	singleSaves(t, h, tr, filepath.Join(dir, "src", "version.ts"), 2)
	l.kept(t, port)
}

// runsAlone waits until hotswap has found what only one process may have open.
func (h *hotswap) runsAlone(path string) {
	h.t.Helper()
	if l := h.Wait("the end of the overlap", func(l line) bool { return l.Event == "stop-first" }); l.Path != path {
		h.t.Errorf("because of %s, not %s", l.Path, path)
	}
}

// singleSaves saves the versions 2 to last, each when the one before has
// answered: no two generations ever run at a time.
func singleSaves(t *testing.T, h *hotswap, tr *traffic, file string, last int) {
	t.Helper()
	for v := 2; v <= last; v++ {
		save(t, file, v)
		h.Serving(v)
		h.Drained(v - 1)
		tr.answers(strconv.Itoa(v), 30)
	}
	tr.end()
	if n := h.Count(func(l line) bool { return l.Event == "serving" && l.Replaces != 0 }); n > 0 {
		t.Errorf("%d generations ran beside the one before", n)
	}
	if n := h.Count(is("serving")); n != last {
		t.Errorf("%d generations served, want %d", n, last)
	}
	if n := h.Count(func(l line) bool {
		return l.Event == "failed" || l.Event == "crashed" || l.Event == "drained" && (l.Killed || l.Busy)
	}); n > 0 {
		t.Errorf("%d generations failed, crashed, were killed, or told to stop while they were busy", n)
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
	h.Serving(1)
	h.runsAlone("./notes.data")
	l := newNotebook()
	tr := begin(t, writers(), l.Checks, "127.0.0.1:"+port)
	tr.answers("1", 30)
	singleSaves(t, h, tr, filepath.Join(dir, "version.py"), 3)
	l.kept(t, port)
}

// A database that several processes may have open, and a file that is written all the time, leave
// the overlap as it is.
func TestOverlapOfASharedDatabase(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	write(t, filepath.Join(dir, "server.py"), sqlite)
	write(t, filepath.Join(dir, "version.py"), "version = 1\n")
	h := start(t, options{
		dir: dir, env: []string{"PYTHONDONTWRITEBYTECODE=1", "PORT=" + port, "MODE=NORMAL"},
		args: []string{unhurried}, command: []string{"python3", "server.py"},
	})
	h.Serving(1)
	l := newNotebook()
	tr := begin(t, writers(), l.Checks, "127.0.0.1:"+port)
	for v := 2; v <= 3; v++ {
		tr.answers(strconv.Itoa(v-1), 30)
		save(t, filepath.Join(dir, "version.py"), v)
		if l := h.Serving(v); l.Replaces != v-1 {
			t.Errorf("generation %d replaces %d", v, l.Replaces)
		}
	}
	tr.answers("3", 30)
	tr.end()
	l.kept(t, port)
	if n := h.Count(is("stop-first")); n > 0 {
		t.Error("the overlap has ended")
	}
}
