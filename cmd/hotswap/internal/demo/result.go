package demo

import (
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// Result is what hotswap demo --json prints.
type Result struct {
	Hotswap Column `json:"hotswap"`
	Plain   Column `json:"plain_restart"`
}

// Column is one trial as numbers.
type Column struct {
	Requests   uint64            `json:"requests"` // with failed handshakes of WebSockets, without their messages
	PerSecond  float64           `json:"requests_per_second"`
	Failed     uint64            `json:"failed"`
	FailedBy   map[string]uint64 `json:"failed_by_class"`
	Races      uint64            `json:"races"` // HTTP's keep-alive race, which is no failure
	Swaps      int               `json:"swaps"`
	Stall      float64           `json:"longest_stall_ms"`
	Gap        float64           `json:"longest_gap_ms"` // without an answer on a new connection
	CutoverUS  *spread           `json:"cutover_us,omitempty"`
	BootMS     *spread           `json:"boot_ms,omitempty"`
	DrainMS    *spread           `json:"drain_ms,omitempty"`
	WebSockets webSockets        `json:"websockets"`
	Examples   []string          `json:"examples,omitempty"` // of failures, the first of each class
}

type webSockets struct {
	Messages uint64 `json:"messages"`
	Lost     uint64 `json:"lost"` // in transit when their connection ended
	Ended    uint64 `json:"ended"`
}

// spread summarizes durations, in the unit of its field.
type spread struct {
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

// newSpread returns nil if there are no durations.
func newSpread(all []time.Duration, unit time.Duration) *spread {
	if len(all) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(all))
	in := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(unit.Microseconds()) }
	return &spread{Median: in(sorted[len(sorted)/2]), Max: in(sorted[len(sorted)-1])}
}

func newColumn(r trialResult) Column {
	c := Column{
		Requests: r.load.Requests,
		Failed:   r.load.Failed(), FailedBy: map[string]uint64{},
		Races: r.load.Closes.Raced, Swaps: r.swaps,
		Stall: human.Millis(r.load.LongestStall), Gap: human.Millis(r.load.LongestGap),
		CutoverUS: newSpread(r.times.cutover, time.Microsecond),
		BootMS:    newSpread(r.times.boot, time.Millisecond),
		DrainMS:   newSpread(r.times.drain, time.Millisecond),
	}
	for class, n := range r.webSockets.Failed { // handshakes
		c.Requests += n
		c.Failed += n
		c.FailedBy[class] += n
	}
	if r.load.Elapsed > 0 {
		c.PerSecond = float64(c.Requests) / r.load.Elapsed.Seconds()
	}
	for class, n := range r.load.Counts {
		if class.Failure() && n > 0 {
			c.FailedBy[string(class)] += n
		}
	}
	c.WebSockets.Messages, c.WebSockets.Lost = r.webSockets.Echoes.Received, r.webSockets.Echoes.Lost+r.webSockets.Owed
	for _, n := range r.webSockets.Closes {
		c.WebSockets.Ended += n
	}
	seen := map[load.Class]bool{}
	for _, e := range r.load.Examples {
		if !seen[e.Class] {
			seen[e.Class] = true
			c.Examples = append(c.Examples, e.String())
		}
	}
	return c
}

func (r Result) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
