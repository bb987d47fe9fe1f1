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

	"github.com/hotswap-dev/hotswap/bench/fresh"
)

// stacksResult is a run of the benchmark of stacks.
type stacksResult struct {
	Machine string          `json:"machine"`
	Begun   time.Time       `json:"begun"`
	Stacks  []*stackResult  `json:"stacks"`
	LeftOut []fresh.LeftOut `json:"left_out,omitempty"`
}

// stackResult is what was measured of a stack: a track for each run.
type stackResult struct {
	Name   string           `json:"name"`
	Title  string           `json:"title"`
	Limit  float64          `json:"limit"`
	First  *fresh.Track     `json:"first"` // hotswap's first start on the project
	Runs   []*fresh.Track   `json:"runs"`  // hotswap's later ones
	Rivals [][]*fresh.Track `json:"rivals"`
}

// medianOf returns the median of all saves of these runs.
func medianOf(runs []*fresh.Track) float64 {
	var all []float64
	for _, t := range runs {
		for _, s := range t.Samples {
			all = append(all, s.MS)
		}
	}
	return fresh.Median(all)
}

// worst returns the largest value of a run.
func (r *stackResult) worst(of func(*fresh.Track) float64) (worst float64) {
	for _, t := range r.Runs {
		worst = max(worst, of(t))
	}
	return worst
}

// sum adds a count of all runs, with the first start.
func (r *stackResult) sum(of func(*fresh.Track) int) (sum int) {
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

func runMedian(t *fresh.Track) float64 { return t.Figures.Median }
func worstSave(t *fresh.Track) float64 { return t.Figures.Worst }
func failed(t *fresh.Track) int        { return t.Figures.Failed }
func stale(t *fresh.Track) int         { return t.Figures.Stale }

// cold counts the saves in the runs that count that no standby answered.
func (r *stackResult) cold() (n int) {
	for _, t := range r.Runs {
		n += t.Evidence.Starts["cold"]
	}
	return n
}

// own returns what a save takes in the program itself, from its release or its cold start to the end of its first
// answer: the median of the runs.
func (r *stackResult) own() float64 {
	var all []float64
	for _, t := range r.Runs {
		boot := t.Evidence.OwnCodeWarm
		if boot == 0 { // no standby in this run
			boot = t.Evidence.ColdBoot
		}
		all = append(all, boot+t.Evidence.Answer)
	}
	return fresh.Median(all)
}

// fault returns what must not be, or nil.
func (r *stackResult) fault() error {
	var errs []error
	for _, t := range append(r.Runs[:len(r.Runs):len(r.Runs)], r.First) {
		errs = append(errs, t.Fault())
	}
	if ratio := r.ratio(); ratio > r.Limit {
		errs = append(errs, fmt.Errorf("%s: the worst run has %.2f of its rival's median, more than %v", r.Name, ratio,
			r.Limit))
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
	b.WriteString(
		"| stack | its watcher: median | hotswap's worst run: median | **ratio** | worst save | of a save the program's own |\n|---|--:|--:|--:|--:|--:|\n")
	requests, saves, cold, failures, stales := 0, 0, 0, 0, 0
	for _, s := range r.Stacks {
		var rivals []string
		for _, runs := range s.Rivals {
			rivals = append(rivals, fmt.Sprintf("%s %s", runs[0].Contender, fresh.Number(medianOf(runs))))
		}
		mark := ""
		if s.ratio() > s.Limit {
			mark = " ✗"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | **%.2f**%s | %s | %s |\n", s.Title,
			strings.Join(rivals, ", "), fresh.Number(s.worst(runMedian)), s.ratio(), mark,
			fresh.Number(s.worst(worstSave)), fresh.Number(s.own()))
		cold, failures, stales = cold+s.cold(), failures+s.sum(failed), stales+s.sum(stale)
		requests += s.sum(func(t *fresh.Track) int { return t.Probe.Requests + t.Traffic.Requests })
		saves += s.sum(func(t *fresh.Track) int { return t.Figures.Saves })
	}
	fmt.Fprintf(&b,
		"\nMilliseconds. %s. %d saves with hotswap in all, %d of them without a standby; %d requests, %d failed, %d stale.", r.Machine, saves, cold, requests, failures, stales)
	var tracks []*fresh.Track
	for _, s := range r.Stacks {
		tracks = append(tracks, s.Runs...)
	}
	if loads := fresh.Loads(tracks); loads != "" {
		fmt.Fprintf(&b, " Load averages at the end of a run: %s.", loads)
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
		for i, t := range append([]*fresh.Track{s.First}, s.Runs...) {
			name := "first start"
			if i > 0 {
				name = fmt.Sprintf("run %d", i)
			}
			fmt.Fprintf(&b, "- %s, %s: %s; load %s\n", s.Name, name, t.Evidence, t.Load)
		}
	}
	b.WriteString("\nWhat the stacks' own checks saw:\n\n")
	for _, s := range r.Stacks {
		for _, t := range slices.Concat([]*fresh.Track{s.First}, s.Runs, slices.Concat(s.Rivals...)) {
			if t.Checked != "" {
				fmt.Fprintf(&b, "- %s, %s: %s\n", s.Name, t.Contender, t.Checked)
			}
		}
	}
	return b.String()
}

// save writes stacks.json and stacks.md.
func (r *stacksResult) save(dir string) error {
	slices.SortFunc(r.Stacks, func(a, b *stackResult) int { return cmp.Compare(a.Name, b.Name) })
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "stacks.json"), append(b, '\n'), 0o644),
		os.WriteFile(filepath.Join(dir, "stacks.md"), []byte(r.table()+r.parts()), 0o644),
	)
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
			all.LeftOut = slices.DeleteFunc(all.LeftOut, func(l fresh.LeftOut) bool { return l.Program == s.Name })
			all.Stacks = append(all.Stacks, s)
		}
		all.LeftOut = append(all.LeftOut, r.LeftOut...)
	}
	return all, nil
}
