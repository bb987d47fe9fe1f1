package fresh

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"time"
)

// Measures of the chart, in pixels.
const (
	chartWidth = 860
	barLeft    = 330
	barRight   = 720 // the end of the longest bar; its figure comes behind
	barHeight  = 13
	rowGap     = 12
)

// ChartStyle is the style of a chart, for light and dark pages.
const ChartStyle = `<style>
text { font: 12px ui-sans-serif, system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 14px; font-weight: 600 }
.note { fill: #59636e }
.hotswap { fill: #1a7f37 }
.rival { fill: #8c959f }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.note { fill: #9198a1 }
.hotswap { fill: #3fb950 }
.rival { fill: #656c76 }
}
</style>`

// charted is the rhythm of the chart.
const charted = 2500

// chart returns the result as a picture: horizontal bars of the medians with traffic,
// in one rhythm. If that was not measured, the chart shows what was.
func (r *result) chart() string {
	rows := r.rows()
	some := slices.DeleteFunc(slices.Clone(rows), func(o *row) bool {
		return !o.key.loaded ||
			o.key.rhythmMS != charted
	})
	if len(some) > 0 {
		rows = some
	}
	longest := 1.0
	height := 64
	for _, row := range rows {
		for _, t := range append([]*Track{row.hotswap}, row.rivals...) {
			longest = max(longest, t.Figures.Median)
			height += barHeight + 3
		}
		height += rowGap
	}
	var b strings.Builder
	fmt.Fprintf(&b,
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="Time from a save to the first fresh answer">
%s
`, chartWidth, height, ChartStyle)
	var shown []*Track
	for _, row := range rows {
		shown = append(shown, row.hotswap)
	}
	condition := r.Machine
	if loads := Loads(shown); loads != "" {
		condition += ", load " + loads
	}
	with := "no traffic"
	if len(rows) > 0 && rows[0].key.loaded {
		with = "200 requests per second and an open event stream"
	}
	fmt.Fprintf(&b,
		"<text class=\"title\" x=\"0\" y=\"16\">Time from a save to the first fresh answer, median</text>\n<text class=\"note\" x=\"0\" y=\"36\">%s · %s</text>\n", with, html.EscapeString(condition))
	y, title := 56, ""
	for _, row := range rows {
		name, _, _ := strings.Cut(row.title, ", `--") // the bar names the option
		shown := strings.ReplaceAll(name, "`", "")
		if shown == title {
			shown = ""
		} else {
			title = shown
		}
		fmt.Fprintf(&b,
			"<text x=\"0\" y=\"%d\">%s</text>\n<text class=\"note\" x=\"%d\" y=\"%d\" text-anchor=\"end\">every %v</text>\n", y+11, html.EscapeString(shown), barLeft-8, y+11, time.Duration(row.key.rhythmMS)*time.Millisecond)
		for _, t := range append([]*Track{row.hotswap}, row.rivals...) {
			class := "rival"
			if t.Hotswap {
				class = "hotswap"
			}
			width := max(t.Figures.Median/longest*(barRight-barLeft), 1)
			fmt.Fprintf(&b,
				"<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n<text x=\"%.1f\" y=\"%d\">%s ms <tspan class=\"note\">%s</tspan></text>\n",
				class, barLeft, y, width, barHeight, barLeft+width+6, y+11, Number(t.Figures.Median),
				html.EscapeString(t.Contender))
			y += barHeight + 3
		}
		y += rowGap
	}
	b.WriteString("</svg>\n")
	return b.String()
}
