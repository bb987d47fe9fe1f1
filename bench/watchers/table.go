//go:build unix

package watchers

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/bench/fresh"
)

// result is what was measured of a contender.
type result struct {
	Name, Platform string
	Front          bool         // in the table of README.md, too
	Saves          *fresh.Track // six saves with traffic
	Socket         socket       // during these saves
	Newest         int          // version of the last of them
	Broken         fresh.Broken
	Mended         *fresh.Track // the good save after the broken one
	Quiet          *fresh.Track // two saves without traffic
}

const head = "| | requests that failed | first save, ms | later saves: median, worst | an open WebSocket | a syntax error | processor, s a save | memory, MB | runs on |\n|---|--:|--:|--:|---|---|--:|--:|---|\n"

func table(all []*result) string {
	text := head
	for _, r := range all {
		text += r.row()
	}
	return text
}

func (r *result) row() string {
	name, traffic := r.Name, r.Saves.Traffic
	if r.Saves.Hotswap {
		name = "**" + name + "**"
	}
	requests := fmt.Sprintf("%s of %s", fresh.Number(float64(traffic.Failed)), fresh.Number(float64(traffic.Requests)))
	if traffic.Stale > 0 {
		requests += fmt.Sprintf(", %d stale", traffic.Stale)
	}
	processor := fmt.Sprintf("%.2f", r.Quiet.Processor)
	if slices.ContainsFunc(r.Quiet.Samples, func(s *fresh.Sample) bool { return s.Never }) {
		processor = "–" // of a save that had no effect
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | %.0f | %s |\n", name, requests,
		times(r.Saves.Samples[:1]), times(r.Saves.Samples[1:]),
		r.Socket.words(r.Newest), r.broken(), processor, r.Quiet.Idle, r.Platform)
}

// front is the table of README.md: the rows that run the same program on Node, without the columns that need an
// explanation.
func front(all []*result) string {
	text := "| | requests that failed | until the new answer, ms | an open WebSocket | a syntax error |\n|---|--:|--:|---|---|\n"
	for _, r := range all {
		if !r.Front {
			continue
		}
		cells := strings.Split(r.row(), "|")
		text += "|" + strings.Join([]string{cells[1], cells[2], " " + ms(r.median()) + " ", cells[5], cells[6]}, "|") +
			"|\n"
	}
	return text
}

// median returns the median time of the saves in ms.
func (r *result) median() float64 {
	var all []float64
	for _, s := range r.Saves.Samples {
		all = append(all, s.MS)
	}
	slices.Sort(all)
	return fresh.Percentile(all, 50)
}

// times returns the median and the worst time of some saves, and how many were shown only by a later version. A save
// that was never shown is longer than all others.
func times(of []*fresh.Sample) string {
	var all []float64
	skipped := 0
	for _, s := range of {
		all = append(all, s.MS)
		if s.Superseded {
			skipped++
		}
	}
	slices.Sort(all)
	text := ms(fresh.Percentile(all, 50))
	if len(all) > 1 {
		text += ", " + ms(all[len(all)-1])
	}
	if skipped > 0 {
		text += fmt.Sprintf(" (%d skipped)", skipped)
	}
	return text
}

func ms(value float64) string {
	if value >= fresh.Never.Seconds()*1000 {
		return "never"
	}
	return fresh.Number(value)
}

// endWords are for the ends of connections.
var endWords = map[string]string{"1006": "dropped without a word", "1012": "closed with code 1012", "clean": "ends",
	"cut": "cut", "reset": "cut"}

// words say what the client saw.
func (s socket) words(newest int) string {
	var all []string
	total := 0
	for _, how := range slices.Sorted(maps.Keys(s.Ends)) {
		word := endWords[how]
		if word == "" {
			word = "closed (" + how + ")"
		}
		total += s.Ends[how]
		all = append(all, fmt.Sprintf("%s %d×", word, s.Ends[how]))
	}
	switch {
	case len(all) == 0 && s.Code[strconv.Itoa(newest)] > 0:
		all = []string{"kept"}
	case len(all) == 0:
		all = []string{"stays, on old code"}
	case len(all) == 1 && total >= saves:
		all[0] = strings.TrimSuffix(all[0], fmt.Sprintf(" %d×", total))
	}
	if s.Open == 0 {
		all = append(all, "not open again")
	}
	if s.Kind != "WebSocket" {
		all[0] = s.Kind + ": " + all[0]
	}
	return strings.Join(all, ", ")
}

// broken says what a syntax error does.
func (r *result) broken() string {
	b := r.Broken
	counts := fmt.Sprintf("%d of %d failed", b.Failed, b.Requests)
	text := "the old version serves"
	if b.Failed > 0 {
		text += ", " + counts
	}
	switch {
	case b.Waits:
		text = "clients wait for a good save, " + counts
	case b.Serves == 0:
		text = "down, " + counts
	}
	if s := r.Mended.Samples[0]; s.Never {
		text += ", also after the next good save"
	}
	return text
}

// check returns which figure of the row was not measured.
func (r *result) check() error {
	var errs []error
	for what, measured := range map[string]bool{
		"requests": r.Saves.Traffic.Requests > 0,
		"the saves": len(r.Saves.Samples) == saves && len(r.Mended.Samples) == 1 &&
			len(r.Quiet.Samples) == 2,
		"the connection that stays open": r.Socket.Open+len(r.Socket.Ends) > 0,
		"the syntax error":               r.Broken.Serves > 0 || r.Broken.Error != "",
		"processor time":                 r.Quiet.Processor > 0,
		"memory":                         r.Quiet.Idle > 0,
	} {
		if !measured {
			errs = append(errs, errors.New("not measured: "+what))
		}
	}
	return errors.Join(errs...)
}
