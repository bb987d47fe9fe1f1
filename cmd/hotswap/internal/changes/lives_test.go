package changes

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestLivesOfTheStatus(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(1e9+int64(s), 0) }
	serves := report.Life{Gen: 1, Began: at(1), Served: at(2)}
	for _, c := range []struct {
		name string
		st   report.Status
		want life
	}{
		{"nothing", report.Status{}, life{}},
		{"the first boots", report.Status{Lives: []report.Life{{Gen: 1, Began: at(1)}}}, life{}},
		{"it serves", report.Status{Generation: 1, Lives: []report.Life{serves}}, life{gen: 1, healthy: true}},
		{"the next boots", report.Status{Generation: 1, Lives: []report.Life{serves, {Gen: 2, Began: at(3)}}},
			life{gen: 1}},
		{"the next has failed",
			report.Status{Generation: 1,
				Lives: []report.Life{serves, {Gen: 2, Began: at(3), Ended: at(4), Failed: true}}}, life{gen: 1}},
		{"it never listens", report.Status{Lives: []report.Life{{Gen: 1, Began: at(1), Overdue: true}}}, life{gen: 1}},
		{"a worker", report.Status{Lives: []report.Life{{Gen: 1, Began: at(1), Runs: true}}},
			life{gen: 1, early: true, healthy: true}},
		{"a worker that has ended",
			report.Status{Lives: []report.Life{{Gen: 1, Began: at(1), Ended: at(2), Runs: true}}}, life{}},
		{"it waits for a debugger",
			report.Status{Lives: []report.Life{{Gen: 1, Began: at(1), Overdue: true, NeedsDebugger: true}}}, life{}},
	} {
		if got := lifeOf(c.st); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
