package changes

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/loaded"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

const (
	// afterServing is how long after it has begun to serve a generation may write files as part of its start.
	afterServing = 1500 * time.Millisecond
	// clockLag is how far a file's clock may be behind: it moves with the kernel's tick.
	clockLag = 20 * time.Millisecond
)

// duringStart reports whether a generation may have made a change at that time as part of its start.
func duringStart(lives []report.Life, at time.Time) bool {
	return slices.ContainsFunc(lives, func(l report.Life) bool {
		return during(l.Began, l.Ended, at) && (l.Served.IsZero() || !at.After(l.Served.Add(afterServing)))
	})
}

// duringBuild reports whether a build ran at that time.
func duringBuild(builds []report.BuildLife, at time.Time) bool {
	return slices.ContainsFunc(builds, func(b report.BuildLife) bool { return during(b.Began, b.Ended, at) })
}

// during reports whether a file's time lies between two others. ended is zero before the end.
func during(began, ended, at time.Time) bool {
	return !at.Before(began.Add(-clockLag)) && (ended.IsZero() || !at.After(ended))
}

// stirred returns when a generation last began, served or ended.
func stirred(lives []report.Life) (last time.Time) {
	for _, l := range lives {
		last = slices.MaxFunc([]time.Time{last, l.Began, l.Served, l.Ended}, time.Time.Compare)
	}
	return last
}

// phaseOf returns what the status says of the newest generation.
func phaseOf(st report.Status) loaded.Life {
	if len(st.Lives) == 0 {
		return loaded.Life{}
	}
	newest := st.Lives[len(st.Lives)-1]
	l := loaded.Life{Newest: int(newest.Gen)}
	switch {
	case newest.Failed, !newest.Ended.IsZero():
		l.Phase = loaded.Failed
	case !newest.Served.IsZero(), newest.Overdue && !newest.Waits: // it is left to run although it does not listen
		l.Phase = loaded.Serving
	}
	if l.Phase == loaded.Serving && newest.Gen == st.Generation || l.Phase != loaded.Failed && st.Generation == 0 && newest.Runs && !newest.Waits {
		l.Healthy = l.Newest
	}
	return l
}

// running returns the generation that serves, or that runs without listening; 0: none. early
// reports whether it may yet be a server that boots.
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
