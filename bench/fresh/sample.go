package fresh

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Sample is one save.
type Sample struct {
	Version    int     `json:"version"`
	Round      int     `json:"round"`
	Style      string  `json:"style"`
	MS         float64 `json:"ms"`                   // until the first fresh answer; 15,000 if there was none
	Warmup     bool    `json:"warmup,omitempty"`     // does not count
	Superseded bool    `json:"superseded,omitempty"` // the first fresh answer had a newer version
	Never      bool    `json:"never,omitempty"`

	// What hotswap's log says of the generation that answered: how it started (waiting:
	// a standby waited when the save came; booting: the standby was ready later; cold),
	// and for how long the program's own code then ran until it listened.
	Start  string  `json:"start,omitempty"`
	BootMS float64 `json:"boot_ms,omitempty"`

	ended    time.Time // the end of the save
	Answered time.Time
	settled  chan struct{} // closed when it has been answered
}

// judge computes the figures of a sample that nothing changes any more.
func (s *Sample) judge() {
	s.MS = s.Answered.Sub(s.ended).Seconds() * 1000
	if limit := Never.Seconds() * 1000; s.Answered.IsZero() || s.MS > limit {
		s.MS, s.Never = limit, true
	}
	s.MS = math.Round(max(s.MS, 0)*10) / 10
}

// Track is what was measured of one contender in one cell.
type Track struct {
	Program   string    `json:"program"`
	Title     string    `json:"title"`
	RhythmMS  int64     `json:"rhythm_ms"`
	Loaded    bool      `json:"traffic"`
	Contender string    `json:"contender"`
	Hotswap   bool      `json:"hotswap"`
	InPlace   string    `json:"in_place,omitempty"`  // why every save wrote in place
	NoStream  string    `json:"no_stream,omitempty"` // why there was no event stream
	Load      string    `json:"load"`                // load averages at the end
	Figures   figures   `json:"figures"`
	Probe     tally     `json:"probe"`
	Traffic   tally     `json:"traffic_counts"`
	Memory    *Memory   `json:"memory,omitempty"`
	Processor float64   `json:"processor,omitempty"` // seconds of all processes for each save
	Idle      float64   `json:"idle_mb,omitempty"`   // PSS of all processes before the saves
	Peak      float64   `json:"peak_mb,omitempty"`   // the same, at most
	Checked   string    `json:"checked,omitempty"`   // what the stack's own check says
	Unkept    bool      `json:"unkept,omitempty"`    // the check has failed
	Evidence  *Evidence `json:"evidence,omitempty"`
	Samples   []*Sample `json:"samples"`
}

// figures summarise the samples that count. Durations are milliseconds.
type figures struct {
	Saves  int     `json:"saves"`
	First  float64 `json:"first"` // the first save after the start, which does not count
	Median float64 `json:"median"`
	P90    float64 `json:"p90"`
	Worst  float64 `json:"worst"`
	Never  int     `json:"never"`
	Failed int     `json:"failed"`
	Stale  int     `json:"stale"`
}

func NewTrack(c *Cell, of Contender) *Track {
	return &Track{
		Program: c.Program.Name, Title: c.Program.Title, RhythmMS: c.Rhythm.Milliseconds(), Loaded: c.Traffic,
		Contender: of.Name, Hotswap: of.Hotswap != nil, InPlace: of.InPlace, NoStream: of.NoStream,
	}
}

// Count computes the figures.
func (t *Track) Count() {
	f := figures{Failed: t.Probe.Failed + t.Traffic.Failed, Stale: t.Probe.Stale + t.Traffic.Stale}
	var ms []float64
	for i, s := range t.Samples {
		if i == 0 {
			f.First = s.MS
		}
		if s.Never {
			f.Never++
		}
		if !s.Warmup {
			ms = append(ms, s.MS)
		}
	}
	slices.Sort(ms)
	f.Saves = len(ms)
	if f.Saves > 0 {
		f.Median, f.P90, f.Worst = Percentile(ms, 50), Percentile(ms, 90), ms[len(ms)-1]
	}
	t.Figures = f
}

// Percentile returns the smallest value that p per cent of the sorted values do not
// exceed; for the median of an even number, the mean of the two in the middle.
func Percentile(sorted []float64, p int) float64 {
	n := len(sorted)
	if p == 50 && n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[min((n*p+99)/100, n)-1]
}

// Fault returns what must not be, or nil. Only this
// hotswap promises anything.
func (t *Track) Fault() error {
	if f := t.Figures; t.Hotswap && t.Contender != "hotswap-before" && (t.Unkept || f.Failed+f.Stale+f.Never > 0) {
		return fmt.Errorf("%s: %v %v", t, t.Probe.Examples, t.Traffic.Examples)
	}
	return nil
}

func (t *Track) String() string {
	with := "quiet"
	if t.Loaded {
		with = "traffic"
	}
	f := t.Figures
	text := fmt.Sprintf(
		"%s, every %v, %s: %-14s median %.0f ms, p90 %.0f, worst %.0f (first %.0f); %d saves, %d never fresh, %d failed, %d stale",
		t.Program, time.Duration(t.RhythmMS)*time.Millisecond, with, t.Contender, f.Median, f.P90, f.Worst, f.First,
		f.Saves, f.Never, f.Failed, f.Stale)
	if t.Checked != "" {
		text += "; " + t.Checked
	}
	text += "; load " + t.Load
	if e := t.Evidence; e != nil {
		text += "; " + e.String()
	}
	return text
}

func (t *tally) add(other tally) {
	t.Requests += other.Requests
	t.Failed += other.Failed
	t.Stale += other.Stale
	for _, e := range other.Examples {
		t.example("%s", e)
	}
}
