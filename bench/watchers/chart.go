//go:build unix

package watchers

import (
	"fmt"
	"html"
	"strings"

	"github.com/hotswap-dev/hotswap/bench/fresh"
)

// Measures of the chart, in pixels.
const (
	chartWidth = 860
	lostLeft   = 150 // of the bars of lost requests
	timeLeft   = 520
	barLength  = 240 // of the longest bar; its figure comes behind
	barHeight  = 14
	rowHeight  = 22
)

// chart returns two bars for each row as a picture: the requests that failed in six saves, and the median time until
// the new answer. A gap stands before each program of hotswap's, with its rivals below.
func chart(all []*result, machine string) string {
	failed, slowest := 0.01, 1.0
	for _, r := range all {
		failed = max(failed, share(r))
		if m := r.median(); m < fresh.Never.Seconds()*1000 {
			slowest = max(slowest, m)
		}
	}
	var b strings.Builder
	y := 62
	for _, r := range all {
		class := "rival"
		if r.Saves.Hotswap {
			class = "hotswap"
			y += 8
		}
		name, median := html.EscapeString(r.Name), r.median()
		fmt.Fprintf(&b, "<text x=\"0\" y=\"%d\">%s</text>\n", y+11, name)
		bar(&b, class, lostLeft, y, share(r)/failed, fresh.Number(float64(r.Saves.Traffic.Failed))+" of "+
			fresh.Number(float64(r.Saves.Traffic.Requests)))
		bar(&b, class, timeLeft, y, min(median/slowest, 1), ms(median)+" ms")
		y += rowHeight
	}
	return fmt.Sprintf(
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="Requests lost in six saves, and milliseconds until the new answer, by tool">
%s
<text class="title" x="%d" y="16">requests lost in six saves</text>
<text class="title" x="%d" y="16">milliseconds until the new answer</text>
<text class="note" x="%d" y="36">200 requests a second, a save every 2.5 s · %s · median of six saves, the first included</text>
%s</svg>
`, chartWidth, y, fresh.ChartStyle, lostLeft, timeLeft, lostLeft, html.EscapeString(machine), b.String())
}

// share returns the part of the requests that failed.
func share(r *result) float64 {
	return float64(r.Saves.Traffic.Failed) / float64(max(r.Saves.Traffic.Requests, 1))
}

func bar(b *strings.Builder, class string, x, y int, part float64, figure string) {
	width := max(part*barLength, 1)
	fmt.Fprintf(b,
		"<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n<text x=\"%.1f\" y=\"%d\">%s</text>\n",
		class, x, y, width, barHeight, float64(x)+width+6, y+11, figure)
}
