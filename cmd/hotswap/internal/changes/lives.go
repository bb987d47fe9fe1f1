package changes

import "github.com/hotswap-dev/hotswap/supervisor/report"

// life is the generation that runs.
type life struct {
	gen     int  // that serves, or that runs without listening; 0: none
	early   bool // it may be a server that still boots
	healthy bool // no generation is newer, or has failed since
}

func lifeOf(st report.Status) life {
	l := life{gen: int(st.Generation)}
	if len(st.Lives) == 0 {
		return l
	}
	newest := st.Lives[len(st.Lives)-1]
	if newest.Failed || !newest.Ended.IsZero() {
		return l
	}
	worker := newest.Runs && !newest.NeedsDebugger
	// it is left to run although it does not listen
	late := !newest.Served.IsZero() || newest.Overdue && !newest.NeedsDebugger
	switch {
	case l.gen != 0:
		l.healthy = newest.Gen == st.Generation
	case late || worker:
		l = life{int(newest.Gen), !late, worker}
	}
	return l
}
