package lastrun

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// What a command was last counts for that command in that folder alone.
func TestRemembers(t *testing.T) {
	home := filepath.Join(t.TempDir(), "hotswap")
	worker := Of(home, "/a", []string{"node", "worker.js"})
	if k := worker.Kind(); k != "" {
		t.Errorf("%q before the first run", k)
	}
	for _, k := range []Kind{Worker, Port, Path, Worker} {
		worker.Note(ran(k), time.Minute)
		Of(home, "/a", []string{"node", "server.js"}).Note(ran(Port), time.Minute)
		if got := worker.Kind(); got != k {
			t.Errorf("%q, want %q", got, k)
		}
	}
	for _, other := range [][]string{{"/b", "node", "worker.js"}, {"/a", "node worker.js"}, {"/a"}} {
		if k := Of(home, other[0], other[1:]).Kind(); k != "" {
			t.Errorf("another command is a %q", k)
		}
	}
	if text := string(testkit.Must(os.ReadFile(worker.file))(t)); strings.Contains(text, "worker.js") {
		t.Errorf("%q", text)
	}
}

// A folder has one file for each slot, whatever has run.
func TestRecordsAreBounded(t *testing.T) {
	home := t.TempDir()
	first, other := Of(home, "/a", nil), Record{}
	for k := 0; other.file != first.file; k++ { // one of 4096 has its slot
		other = Of(home, "/a", []string{strconv.Itoa(k)})
	}
	first.Note(ran(Port), time.Minute)
	if other.Kind() != "" {
		t.Error("a command is taken for another one")
	}
	other.Note(ran(Worker), time.Minute)
	if first.Kind() != "" || other.Kind() != Worker {
		t.Error("both have the slot")
	}
}

// Without a home nothing is remembered, and nothing is written where hotswap runs.
func TestWithoutAHome(t *testing.T) {
	t.Chdir(t.TempDir())
	r := Of("", "/a", nil)
	r.Note(ran(Port), time.Minute)
	if k := r.Kind(); k != "" {
		t.Errorf("%q", k)
	}
	if left := testkit.Must(os.ReadDir("."))(t); len(left) > 0 {
		t.Errorf("%v", left)
	}
}

// ran has what is known of generations of which the last but one ran so.
func ran(k Kind) []report.Life {
	path, port := handoff.Endpoint{Network: "unix", Path: "/x"}, handoff.Endpoint{Network: "tcp4"}
	l := map[Kind]report.Life{
		Port: {Serves: []handoff.Endpoint{path, port}}, Path: {Serves: []handoff.Endpoint{path}},
		Worker: lived(9 * time.Minute),
	}[k]
	return []report.Life{{Serves: []handoff.Endpoint{port}}, lived(time.Minute), l, {Failed: true}}
}

// lived is the life of a generation that listened nowhere for so long.
func lived(d time.Duration) report.Life {
	return report.Life{Runs: true, Began: time.Unix(1000, 0), Ended: time.Unix(1000, 0).Add(d)}
}

// A server that has become a worker is known as one after a run as long as a worker's, unless it was waiting for a
// debugger.
func TestAServerBecomesAWorker(t *testing.T) {
	r := Of(t.TempDir(), "/a", nil)
	late := lived(10 * time.Minute)
	late.Runs, late.Overdue = false, true
	stopped := late
	stopped.NeedsDebugger = true
	for _, c := range []struct {
		l    report.Life
		want Kind
	}{{stopped, Port}, {late, Worker}} {
		r.Note(ran(Port), time.Minute)
		r.Note([]report.Life{c.l}, time.Minute)
		if k := r.Kind(); k != c.want {
			t.Errorf("%q, want %q", k, c.want)
		}
	}
}

// A run of which nothing is known changes nothing.
func TestNothingIsKnown(t *testing.T) {
	r := Of(t.TempDir(), "/a", nil)
	r.Note(ran(Path), time.Minute)
	r.Note(nil, time.Minute)
	r.Note([]report.Life{{Failed: true}}, time.Minute)
	waits := report.Life{Began: time.Unix(0, 0), Ended: time.Unix(1000, 0)} // for its database
	r.Note([]report.Life{lived(9 * time.Minute), waits}, time.Minute)
	if k := r.Kind(); k != Path {
		t.Errorf("%q", k)
	}
}
