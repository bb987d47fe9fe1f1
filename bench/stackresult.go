package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// stacksResult is a run of the benchmark of stacks.
type stacksResult struct {
	Machine string         `json:"machine"`
	Begun   time.Time      `json:"begun"`
	Stacks  []*stackResult `json:"stacks"`
	LeftOut []leftOut      `json:"left_out,omitempty"`
}

// stackResult is what was measured of a stack: a track for each run.
type stackResult struct {
	Name   string     `json:"name"`
	Title  string     `json:"title"`
	Limit  float64    `json:"limit"`
	First  *track     `json:"first"` // hotswap's first start on the project
	Runs   []*track   `json:"runs"`  // hotswap's later ones
	Rivals [][]*track `json:"rivals"`
}

// medianOf returns the median of all saves of these runs.
func medianOf(runs []*track) float64 {
	var all []float64
	for _, t := range runs {
		for _, s := range t.Samples {
			all = append(all, s.MS)
		}
	}
	return median(all)
}

// worst returns the largest value of a run.
func (r *stackResult) worst(of func(*track) float64) (worst float64) {
	for _, t := range r.Runs {
		worst = max(worst, of(t))
	}
	return worst
}

// sum adds a count of all runs, with the first start.
func (r *stackResult) sum(of func(*track) int) (sum int) {
	for _, t := range append(r.Runs[:len(r.Runs):len(r.Runs)], r.First) {
		sum += of(t)
	}
	return sum
}

// ratio compares the median of hotswap's worst run with the first rival's median.
func (r *stackResult) ratio() float64 {
	if len(r.Rivals) == 0 {
		return math.Inf(1)
	}
	return r.worst(runMedian) / max(medianOf(r.Rivals[0]), 0.1)
}

func runMedian(t *track) float64  { return t.Figures.Median }
func firstSaved(t *track) float64 { return t.Figures.First }
func worstSave(t *track) float64  { return t.Figures.Worst }
func failed(t *track) int         { return t.Figures.Failed }
func stale(t *track) int          { return t.Figures.Stale }

// cold counts the saves in the runs that count that no standby answered.
func (r *stackResult) cold() (n int) {
	for _, t := range r.Runs {
		n += t.Evidence.Starts["cold"]
	}
	return n
}

// memory returns the median memory of standby and program.
func (r *stackResult) memory() string {
	var standby, program []float64
	for _, t := range r.Runs {
		if t.Memory != nil && t.Memory.Standby > 0 {
			standby = append(standby, t.Memory.Standby)
		}
		if t.Memory != nil {
			program = append(program, t.Memory.Program)
		}
	}
	return fmt.Sprintf("%.0f / %.0f", median(standby), median(program))
}

// beside returns the median over the runs of requests per second while a standby boots, as
// a part of those later on.
func (r *stackResult) beside() string {
	var all []float64
	for _, t := range r.Runs {
		if e := t.Evidence; e.Early > 0 && e.Late > 0 {
			all = append(all, e.Early/e.Late*100)
		}
	}
	if len(all) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", median(all)/100)
}

// fault returns what must not be, or nil.
func (r *stackResult) fault() error {
	var errs []error
	for _, t := range append(r.Runs[:len(r.Runs):len(r.Runs)], r.First) {
		errs = append(errs, t.fault())
	}
	if ratio := r.ratio(); ratio > r.Limit {
		errs = append(errs, fmt.Errorf("%s: the worst run has %.2f of its rival's median, more than %v", r.Name, ratio, r.Limit))
	}
	return errors.Join(errs...)
}

func (r *stacksResult) fault() error {
	var errs []error
	for _, s := range r.Stacks {
		errs = append(errs, s.fault())
	}
	for _, l := range r.LeftOut {
		errs = append(errs, fmt.Errorf("%s was not measured: %s", l.Program, l.Why))
	}
	return errors.Join(errs...)
}

// table returns the result in Markdown.
func (r *stacksResult) table() string {
	var b strings.Builder
	b.WriteString("| stack | its watcher: median | hotswap: median of each run | worst run | **ratio** | worst save | first save, worst | cold saves | failed, stale | memory of standby / program, MB | requests while a standby boots | first start: first save, median |\n" +
		"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	requests, saves := 0, 0
	for _, s := range r.Stacks {
		var medians, rivals []string
		for _, t := range s.Runs {
			medians = append(medians, number(t.Figures.Median))
		}
		for _, runs := range s.Rivals {
			rivals = append(rivals, fmt.Sprintf("%s %s", runs[0].Contender, number(medianOf(runs))))
		}
		mark := ""
		if s.ratio() > s.Limit {
			mark = " ✗"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | **%.2f**%s | %s | %s | %d | %d, %d | %s | %s | %s, %s |\n", s.Title,
			strings.Join(rivals, ", "), strings.Join(medians, " "), number(s.worst(runMedian)), s.ratio(), mark, number(s.worst(worstSave)), number(s.worst(firstSaved)),
			s.cold(), s.sum(failed), s.sum(stale), s.memory(), s.beside(), number(s.First.Figures.First), number(s.First.Figures.Median))
		requests += s.sum(func(t *track) int { return t.Probe.Requests + t.Traffic.Requests })
		saves += s.sum(func(t *track) int { return t.Figures.Saves })
	}
	fmt.Fprintf(&b, "\nMilliseconds. %s. %d saves with hotswap in all, %d requests.", r.Machine, saves, requests)
	var tracks []*track
	for _, s := range r.Stacks {
		tracks = append(tracks, s.Runs...)
	}
	if loads := loads(tracks); loads != "" {
		fmt.Fprintf(&b, " Load averages at the end of a run: %s.", loads)
	}
	for _, note := range r.notes() {
		fmt.Fprintf(&b, " %s.", note)
	}
	for _, l := range r.LeftOut {
		fmt.Fprintf(&b, " Not measured: %s.", l.Program)
	}
	b.WriteString("\n")
	return b.String()
}

// parts returns the parts of a save in each run, and what hotswap said about standbys.
func (r *stacksResult) parts() string {
	var b strings.Builder
	b.WriteString("\nThe parts of a save in each run, by hotswap's log:\n\n")
	for _, s := range r.Stacks {
		for i, t := range append([]*track{s.First}, s.Runs...) {
			name := "first start"
			if i > 0 {
				name = fmt.Sprintf("run %d", i)
			}
			fmt.Fprintf(&b, "- %s, %s: %s; load %s\n", s.Name, name, t.Evidence, t.Load)
		}
	}
	return b.String()
}

// notes says in what the rivals had it easier.
func (r *stacksResult) notes() []string {
	all := &result{}
	for _, s := range r.Stacks {
		for _, runs := range s.Rivals {
			all.Cells = append(all.Cells, runs...)
		}
	}
	return all.notes()
}

// Where the table of stacks is in docs/measured.md.
const (
	stacksBegin = "<!-- stacks: written by .ci/bench-stacks -docs -->\n"
	stacksEnd   = "<!-- /stacks -->\n"
)

// save writes stacks.json and stacks.md, and the docs if asked to.
func (r *stacksResult) save(dir string, docs bool) error {
	slices.SortFunc(r.Stacks, func(a, b *stackResult) int { return cmp.Compare(a.Name, b.Name) })
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "stacks.json"), append(b, '\n'), 0o644),
		os.WriteFile(filepath.Join(dir, "stacks.md"), []byte(r.table()+r.parts()), 0o644),
	)
	if docs {
		err = errors.Join(err, replaceBetween(filepath.Join(e2etest.Root(), "docs", "measured.md"), stacksBegin, stacksEnd, r.table()))
	}
	return err
}

// readStackResults joins earlier results. A stack of a later file replaces that of an
// earlier one.
func readStackResults(files []string) (*stacksResult, error) {
	all := &stacksResult{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var r stacksResult
		if err := json.Unmarshal(b, &r); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		all.Machine, all.Begun = r.Machine, r.Begun
		for _, s := range r.Stacks {
			all.Stacks = slices.DeleteFunc(all.Stacks, func(older *stackResult) bool { return older.Name == s.Name })
			all.LeftOut = slices.DeleteFunc(all.LeftOut, func(l leftOut) bool { return l.Program == s.Name })
			all.Stacks = append(all.Stacks, s)
		}
		all.LeftOut = append(all.LeftOut, r.LeftOut...)
	}
	return all, nil
}
