package fresh

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// row is a cell with its contenders.
type row struct {
	title   string
	key     key
	hotswap *Track
	rivals  []*Track
}

// rows returns the cells that hotswap was measured in: by program in the order of
// programs, by rhythm, quiet before traffic. hotswap with an option that a person has to
// know has rows of its own.
func (r *result) rows() (rows []*row) {
	var opted []*row
	for _, t := range r.Cells {
		i := slices.IndexFunc(rows, func(o *row) bool { return o.key == t.cell() })
		if i < 0 {
			i = len(rows)
			rows = append(rows, &row{title: t.Title, key: t.cell()})
		}
		switch option, is := strings.CutPrefix(t.Contender, "hotswap --"); {
		case t.Contender == "hotswap":
			rows[i].hotswap = t
		case is:
			opted = append(opted, &row{title: fmt.Sprintf("%s, `--%s`", t.Title, option), key: t.cell(), hotswap: t})
		default:
			rows[i].rivals = append(rows[i].rivals, t)
		}
	}
	for _, o := range opted {
		i := slices.IndexFunc(rows, func(r *row) bool { return r.key == o.key })
		o.rivals = rows[i].rivals
	}
	rows = append(rows, opted...)
	rows = slices.DeleteFunc(rows, func(o *row) bool { return o.hotswap == nil })
	order := Names()
	slices.SortStableFunc(rows, func(a, b *row) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.key.program), slices.Index(order, b.key.program)),
			cmp.Compare(a.title, b.title),
			cmp.Compare(a.key.rhythmMS, b.key.rhythmMS),
			cmp.Compare(fmt.Sprint(a.key.loaded), fmt.Sprint(b.key.loaded)),
		)
	})
	return rows
}

// table returns these cells in Markdown.
func (r *result) table(rows []*row) string {
	var b strings.Builder
	b.WriteString(
		"| program | a save every | hotswap: median | worst | its rival: median | worst |\n|---|--:|--:|--:|--:|--:|\n")
	title := ""
	for _, row := range rows {
		shown := row.title
		if shown == title {
			shown = ""
		}
		title = row.title
		h := row.hotswap.Figures
		var medians, worst []string
		for _, rival := range row.rivals {
			f := rival.Figures
			medians = append(medians, fmt.Sprintf("%s %s", rival.Contender, Number(f.Median)))
			worst = append(worst, Number(f.Worst))
		}
		fmt.Fprintf(&b, "| %s | %v%s | **%s** | %s | %s | %s |\n", shown,
			time.Duration(row.key.rhythmMS)*time.Millisecond,
			map[bool]string{false: " without traffic", true: ""}[row.key.loaded], Number(h.Median), Number(h.Worst),
			strings.Join(medians, ", "), strings.Join(worst, ", "))
	}
	b.WriteString("\nMilliseconds. " + r.conditions() + "\n")
	return b.String()
}

// conditions says how often was saved, what failed and what is missing.
func (r *result) conditions() string {
	saves, requests, failed, stale, neverFresh := 0, 0, 0, 0, 0
	least, rivalFailed := 0, 0
	for _, t := range r.Cells {
		if !t.Hotswap {
			rivalFailed += t.Figures.Failed
			continue
		}
		saves += t.Figures.Saves
		if least == 0 || t.Figures.Saves < least {
			least = t.Figures.Saves
		}
		requests += t.Probe.Requests + t.Traffic.Requests
		failed += t.Figures.Failed
		stale += t.Figures.Stale
		neverFresh += t.Figures.Never
	}
	text := fmt.Sprintf(
		"%s. At least %d saves in each cell, %d in all with hotswap: %d requests, %d failed, %d stale, %d saves without a fresh answer within 15 s. With the rivals %d requests failed.",
		r.Machine, least, saves, requests, failed, stale, neverFresh, rivalFailed)
	if loads := Loads(r.Cells); loads != "" {
		text += fmt.Sprintf(" Load averages at the end of a cell: %s.", loads)
	}
	for _, note := range r.notes() {
		text += " " + note + "."
	}
	for _, l := range r.LeftOut {
		what := l.Program
		if l.Contender != "" {
			what += " by " + l.Contender
		}
		text += fmt.Sprintf(" Not measured: %s.", what)
	}
	return text
}

// Loads returns the least and the largest load average, or nothing where none is known.
func Loads(tracks []*Track) string {
	var loads []float64
	for _, t := range tracks {
		if one, err := strconv.ParseFloat(strings.Split(t.Load, " ")[0], 64); err == nil {
			loads = append(loads, one)
		}
	}
	if len(loads) == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f to %.0f", slices.Min(loads), slices.Max(loads))
}

// notes says in what the rivals had it easier.
func (r *result) notes() (notes []string) {
	for _, t := range r.Cells {
		if t.InPlace != "" {
			notes = append(notes, fmt.Sprintf("All saves for %s wrote in place, because %s", t.Contender, t.InPlace))
		}
		if t.NoStream != "" && t.Loaded {
			notes = append(notes, fmt.Sprintf("%s had no event stream, because %s", t.Contender, t.NoStream))
		}
	}
	slices.Sort(notes)
	return slices.Compact(notes)
}

// Number formats milliseconds with a comma in thousands.
func Number(ms float64) string {
	n := int(ms + 0.5)
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
