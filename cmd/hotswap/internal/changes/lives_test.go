package changes

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/loaded"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestLivesOfTheStatus(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(1e9+int64(s), 0) }
	serves := report.Life{Gen: 1, Began: at(1), Served: at(2)}
	for _, c := range []struct {
		name    string
		st      report.Status
		want    loaded.Life
		running int
	}{
		{"nothing", report.Status{}, loaded.Life{}, 0},
		{"the first boots", report.Status{Lives: []report.Life{{Gen: 1, Began: at(1)}}}, loaded.Life{Newest: 1}, 0},
		{"it serves", report.Status{Generation: 1, Lives: []report.Life{serves}}, loaded.Life{Newest: 1, Phase: loaded.Serving, Healthy: 1}, 1},
		{"the next boots", report.Status{Generation: 1, Lives: []report.Life{serves, {Gen: 2, Began: at(3)}}}, loaded.Life{Newest: 2}, 1},
		{"the next has failed", report.Status{Generation: 1, Lives: []report.Life{serves, {Gen: 2, Began: at(3), Ended: at(4), Failed: true}}}, loaded.Life{Newest: 2, Phase: loaded.Failed}, 1},
		{"it never listens", report.Status{Lives: []report.Life{{Gen: 1, Began: at(1), Overdue: true}}}, loaded.Life{Newest: 1, Phase: loaded.Serving}, 1},
		{"a worker", report.Status{Lives: []report.Life{{Gen: 1, Began: at(1), Runs: true}}}, loaded.Life{Newest: 1, Healthy: 1}, 1},
		{"a worker that has ended", report.Status{Lives: []report.Life{{Gen: 1, Began: at(1), Ended: at(2), Runs: true}}}, loaded.Life{Newest: 1, Phase: loaded.Failed}, 0},
		{"it waits for a debugger", report.Status{Lives: []report.Life{{Gen: 1, Began: at(1), Overdue: true, NeedsDebugger: true}}}, loaded.Life{Newest: 1}, 0},
	} {
		if got := phaseOf(c.st); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		if got, early := running(c.st); got != c.running || early != (c.name == "a worker") {
			t.Errorf("%s: generation %d runs, want %d", c.name, got, c.running)
		}
	}
	if last := stirred([]report.Life{serves, {Gen: 2, Began: at(5), Ended: at(7)}}); !last.Equal(at(7)) {
		t.Errorf("stirred at %v", last)
	}
}
