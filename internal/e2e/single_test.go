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
	"github.com/hotswap-dev/hotswap/internal/testkit"
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
	var got struct{ Notes []string }
	testkit.NoError(t, json.Unmarshal([]byte(get("http://127.0.0.1:"+port+"/notes")), &got))
	there := map[string]int{}
	for _, n := range got.Notes {
		there[n]++
		if there[n] > 1 {
			t.Errorf("twice: %q", n)
		}
	}
	missing := 0
	for n := range l.notes {
		if there[n] == 0 {
			missing++
		}
	}
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
	dir := project(t, "pglite")
	h := start(t, options{dir: dir, command: []string{"npm", "run", "dev"}})
	h.Serving(1)
	if l := h.Wait("the end of the overlap", is("stop-first")); l.Path != "./data" {
		t.Errorf("because of %s, not ./data", l.Path)
	}
	savesNotes(t, h, writers(), filepath.Join(dir, "src", "version.ts"), 2, true)
}

// savesNotes saves the versions 2 to last under load, each when the one before has answered. No note is lost. Alone
// demands that no two generations ever run at a time; else each runs beside the one before.
func savesNotes(t *testing.T, h *hotswap, clients []load.Kind, file string, last int, alone bool) {
	t.Helper()
	l := newNotebook()
	tr := begin(t, clients, l.Checks, h.addr())
	tr.Answers("1", 30)
	for v := 2; v <= last; v++ {
		save(t, file, v)
		want := map[bool]int{false: v - 1}[alone]
		if l := h.Serving(v); l.Replaces != want {
			t.Errorf("generation %d replaces %d, want %d", v, l.Replaces, want)
		}
		h.Drained(v - 1)
		tr.Answers(strconv.Itoa(v), 30)
	}
	tr.end(t)
	if served, ended := h.Count(is("serving")), h.Count(is("stop-first")); served != last || (ended > 0) != alone {
		t.Errorf("%d generations served, want %d; %d lines say that the overlap has ended", served, last, ended)
	}
	if n := h.Count(func(l line) bool {
		return l.Event == "failed" || l.Event == "crashed" || l.Event == "drained" && (l.Killed || l.Busy)
	}); n > 0 {
		t.Errorf("%d generations failed, crashed, were killed, or told to stop while they were busy", n)
	}
	l.kept(t, h.port)
}
