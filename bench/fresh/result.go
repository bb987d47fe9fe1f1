package fresh

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// result is a whole run.
type result struct {
	Machine string    `json:"machine"`
	Begun   time.Time `json:"begun"`
	Cells   []*Track  `json:"cells"`
	LeftOut []LeftOut `json:"left_out,omitempty"`
}

// LeftOut is what could not be measured on this machine.
type LeftOut struct {
	Program   string `json:"program"`
	Contender string `json:"contender,omitempty"` // empty: the whole program
	Why       string `json:"why"`
}

func (r *result) leaveOut(program, contender string, err error) {
	l := LeftOut{program, contender, err.Error()}
	if !slices.Contains(r.LeftOut, l) {
		r.LeftOut = append(r.LeftOut, l)
	}
}

// Machine describes where it was measured.
func Machine() string {
	return fmt.Sprintf("%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
}

// LoadAverage returns how many processes wanted a processor in the last 1, 5 and 15
// minutes, or nothing where that is not known.
func LoadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(b))[:3], " ")
}

// save writes fresh.json, fresh.md and fresh.svg, and the chart of the docs if asked to.
func (r *result) save(dir string, docs bool) error {
	err := r.write(dir)
	if docs {
		err = errors.Join(err, os.WriteFile(filepath.Join(e2etest.Root(), "docs", "fresh.svg"), []byte(r.chart()),
			0o644))
	}
	return err
}

func (r *result) write(dir string) error {
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "fresh.json"), append(b, '\n'), 0o644),
		os.WriteFile(filepath.Join(dir, "fresh.md"), []byte(r.table(r.rows())), 0o644),
		os.WriteFile(filepath.Join(dir, "fresh.svg"), []byte(r.chart()), 0o644),
	)
}

// ReplaceBetween replaces what a page has between two marks.
func ReplaceBetween(page, begin, end, text string) error {
	b, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(b), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("%s has no place for the table: %q … %q", page, begin, end)
	}
	return os.WriteFile(page, []byte(before+begin+text+end+after), 0o644)
}

// read joins earlier results. A cell of a later file replaces that of an earlier one.
func read(files []string) (*result, error) {
	all := &result{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var r result
		if err := json.Unmarshal(b, &r); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		all.Machine, all.Begun = r.Machine, r.Begun
		all.Cells = slices.DeleteFunc(all.Cells, func(t *Track) bool {
			return slices.ContainsFunc(r.Cells, func(newer *Track) bool { return newer.cell() == t.cell() })
		})
		all.Cells = append(all.Cells, r.Cells...)
		for _, l := range r.LeftOut {
			all.leaveOut(l.Program, l.Contender, errors.New(l.Why))
		}
	}
	return all, nil
}

// key names a cell.
type key struct {
	program  string
	rhythmMS int64
	loaded   bool
}

func (t *Track) cell() key { return key{t.Program, t.RhythmMS, t.Loaded} }

// fault returns what must not be, or nil.
func (r *result) fault() error {
	var errs []error
	for _, t := range r.Cells {
		errs = append(errs, t.Fault())
	}
	return errors.Join(errs...)
}
