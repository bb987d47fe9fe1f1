package fresh

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// Evidence is what hotswap's log says about the saves that count. Durations are medians
// in milliseconds.
type Evidence struct {
	Starts       map[string]int `json:"starts"`        // of samples, by sample.Start
	StandbyBoot  float64        `json:"standby_boot"`  // from the start of a standby until it waits
	StandbyReady float64        `json:"standby_ready"` // from serving until the next standby waits
	Follows      float64        `json:"follows"`       // from serving until the report of what was loaded
	OwnCodeWarm  float64        `json:"own_code_warm"` // from the release of a standby until it listens
	ColdBoot     float64        `json:"cold_boot"`     // the same from a cold start
	// from the save to the start or release: the quiet time and hotswap itself
	Until  float64        `json:"until_released"`
	Answer float64        `json:"answer"` // from serving to the end of the first fresh answer
	Ahead  int            `json:"ahead"`  // packages that a standby has loaded, at most
	Events map[string]int `json:"events"` // unused, no-standby, superseded, stays …, with the reason
}

// Explain computes the figures, for hotswap with what its log says.
func (t *Track) Explain(log string) {
	if t.Hotswap {
		t.Evidence = readEvidence(t, log)
	}
	t.Count()
}

// logged returns hotswap's lines in a log so far.
func logged(log string) (lines []e2etest.Line) {
	f, err := os.Open(log)
	if err != nil {
		return nil
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var l e2etest.Line
		if strings.HasPrefix(s.Text(), `{"level"`) && json.Unmarshal(s.Bytes(), &l) == nil {
			lines = append(lines, l)
		}
	}
	return lines
}

// standbyWaits reports whether the newest generation has a standby that waits.
func standbyWaits(log string) bool {
	serving, standby := 0, 0
	for _, l := range logged(log) {
		switch l.Event {
		case "serving":
			serving = max(serving, l.Gen)
		case "standby":
			standby = max(standby, l.Gen)
		}
	}
	return standby > serving
}

func readEvidence(t *Track, log string) *Evidence {
	e := &Evidence{Starts: map[string]int{}, Events: map[string]int{}}
	served, ready := map[int]time.Time{}, map[int]time.Time{}
	var servings []e2etest.Line
	var boots, follows, waits []float64
	for _, l := range logged(log) {
		switch l.Event {
		case "serving":
			servings = append(servings, l)
			served[l.Gen] = l.Time
		case "standby":
			ready[l.Gen] = l.Time
			e.Ahead = max(e.Ahead, l.Ahead)
			boots = append(boots, l.TookMS)
			if len(servings) > 0 {
				waits = append(waits, Ms(l.Time.Sub(servings[len(servings)-1].Time)))
			}
		case "follows":
			if at, ok := served[l.Gen]; ok {
				follows = append(follows, Ms(l.Time.Sub(at)))
			}
		case "unused", "no-standby":
			e.Events[l.Event+": "+l.Error]++
		case "superseded", "stays", "drain-unwatched", "failed", "crashed", "delayed", "not-listening", "rolled-back":
			e.Events[l.Event]++
		}
	}
	var until, own, coldBoots, answers []float64
	for _, s := range t.Samples {
		if s.Never {
			continue
		}
		i := len(servings) - 1
		for i >= 0 && servings[i].Time.After(s.Answered.Add(20*time.Millisecond)) {
			i--
		}
		if i < 0 || servings[i].Time.Before(s.ended) {
			continue
		}
		l := servings[i]
		s.BootMS = l.BootMS
		switch at, waited := ready[l.Gen]; {
		case !l.Standby:
			s.Start = "cold"
		case waited && at.Before(s.ended):
			s.Start = "waiting"
		default:
			s.Start = "booting"
		}
		if s.Warmup {
			continue
		}
		e.Starts[s.Start]++
		answers = append(answers, Ms(s.Answered.Sub(l.Time)))
		if s.Start == "cold" {
			coldBoots = append(coldBoots, l.BootMS)
		} else {
			own = append(own, l.BootMS)
		}
		// else the boot began before the save
		if d := Ms(l.Time.Sub(s.ended)) - l.BootMS; s.Start != "booting" && d > 0 {
			until = append(until, d)
		}
	}
	e.StandbyBoot, e.StandbyReady, e.Follows = Median(boots), Median(waits), Median(follows)
	e.OwnCodeWarm, e.ColdBoot, e.Until = Median(own), Median(coldBoots), Median(until)
	e.Answer = Median(answers)
	return e
}

func Ms(d time.Duration) float64 { return d.Seconds() * 1000 }

func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return math.Round(Percentile(slices.Sorted(slices.Values(values)), 50)*10) / 10
}

func (e *Evidence) String() string {
	var parts []string
	for _, start := range slices.Sorted(maps.Keys(e.Starts)) {
		parts = append(parts, fmt.Sprintf("%d %s", e.Starts[start], start))
	}
	text := fmt.Sprintf(
		"starts: %s; standby boots in %.0f ms, waits %.0f ms after serving; report %.0f ms after serving; until released %.0f ms, own code %.0f ms, first answer %.0f ms, cold boot %.0f ms",
		strings.Join(parts, ", "), e.StandbyBoot, e.StandbyReady, e.Follows, e.Until, e.OwnCodeWarm, e.Answer,
		e.ColdBoot)
	for _, event := range slices.Sorted(maps.Keys(e.Events)) {
		text += fmt.Sprintf("; %d× %s", e.Events[event], event)
	}
	return text
}
