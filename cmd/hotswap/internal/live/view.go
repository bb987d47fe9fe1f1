package live

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// view is what the page shows besides the output, without what may be secret: arguments and variables.
type view struct {
	Now         int64                   `json:"now"` // since the epoch in milliseconds; 0 for a comparison
	State       string                  `json:"state"`
	Generation  report.GenID            `json:"generation"` // that serves; 0: none does
	Endpoints   []report.EndpointStatus `json:"endpoints"`
	Swaps       int                     `json:"swaps"`
	FailedSwaps int                     `json:"failed_swaps"`
	Paused      *report.PauseStatus     `json:"paused"`
	Failure     *report.FailureStatus   `json:"failure"`
	Generations []bar                   `json:"generations"` // oldest first
}

// bar is a generation on the time line. Times are in milliseconds since the epoch; 0: not yet.
type bar struct {
	Gen         report.GenID `json:"gen"`
	State       string       `json:"state"`
	Began       int64        `json:"began"`
	Served      int64        `json:"served"`
	Relieved    int64        `json:"relieved"` // the next generation that did not fail has served since
	Ended       int64        `json:"ended"`
	Connections int          `json:"connections"`
	StaysFor    int          `json:"stays_for"` // answers under way
}

// json returns the view as the page gets it at that time.
func (v view) json(now int64) []byte {
	v.Now = now
	b, _ := json.Marshal(v) // of texts and numbers
	return plain.JSON(b)
}

func viewOf(st report.Status) view {
	v := view{State: st.State, Generation: st.Generation, Endpoints: []report.EndpointStatus{}, Swaps: st.Swaps,
		FailedSwaps: st.FailedSwaps,
		Paused:      st.Paused, Failure: st.Failure, Generations: []bar{}}
	for _, e := range st.Endpoints {
		if !e.Debugger {
			v.Endpoints = append(v.Endpoints, e)
		}
	}
	ms := func(t time.Time) int64 { return max(t.UnixMilli(), 0) } // of the zero time it is negative
	for i, l := range st.Lives {
		b := bar{Gen: l.Gen, State: "ended", Began: ms(l.Began), Served: ms(l.Served), Ended: ms(l.Ended)}
		if l.Failed {
			b.State = "failed"
		}
		for _, g := range st.Generations {
			if g.ID == l.Gen {
				b.State, b.Connections, b.StaysFor = g.State, g.Connections, g.StaysFor
			}
		}
		by := slices.IndexFunc(st.Lives[i+1:], func(l report.Life) bool { return !l.Served.IsZero() && !l.Failed })
		if by >= 0 && l.Gen != st.Generation {
			b.Relieved = ms(st.Lives[i+1+by].Served)
		}
		v.Generations = append(v.Generations, b)
	}
	return v
}
