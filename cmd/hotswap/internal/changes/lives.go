package changes

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/loaded"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// stirred returns when a generation last began, served or ended.
func stirred(lives []report.Life) (last time.Time) {
	for _, l := range lives {
		last = slices.MaxFunc([]time.Time{last, l.Began, l.Served, l.Ended}, time.Time.Compare)
	}
	return last
}

// phaseOf returns what the status shows of the newest generation.
func phaseOf(st report.Status) loaded.Life {
	if len(st.Lives) == 0 {
		return loaded.Life{}
	}
	newest := st.Lives[len(st.Lives)-1]
	l := loaded.Life{Newest: int(newest.Gen)}
	switch {
	case newest.Failed, !newest.Ended.IsZero():
		l.Phase = loaded.Failed
	case !newest.Served.IsZero(), newest.Overdue && !newest.NeedsDebugger: // it is left to run although it does not listen
		l.Phase = loaded.Serving
	}
	if l.Phase == loaded.Serving && newest.Gen == st.Generation || l.Phase != loaded.Failed && st.Generation == 0 && newest.Runs && !newest.NeedsDebugger {
		l.Healthy = l.Newest
	}
	return l
}

// running returns the generation that serves, or that runs without listening; 0: none. early says that it may be a server
// that still boots.
func running(st report.Status) (gen int, early bool) {
	l := phaseOf(st)
	switch {
	case st.Generation != 0:
		return int(st.Generation), false
	case l.Phase == loaded.Serving:
		return l.Newest, false
	}
	return l.Healthy, l.Healthy != 0
}
