//go:build linux

package main

import (
	"fmt"
	"html"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// Measures of the picture, in pixels.
const (
	rows       = 15 // of the terminal
	lineHeight = 20
	left       = 16
	width      = 860
	bottom     = 46 + rows*lineHeight // of the terminal
	height     = bottom + 112
)

const (
	speed = 3               // of the picture, in recorded seconds a second
	hold  = 5 * time.Second // the end stays so long, before the picture begins anew
)

// svg returns the session as a picture that moves in the time of the recording, above what the clients saw of a rival.
// Where nothing moves, it shows the end.
// The box has a background of its own, so that the picture can be read on any page.
func (s *session) svg(rival *session) string {
	lines := append([]shown{{0, "$ " + s.command}}, s.lines...)
	all := max(rival.counts[len(rival.counts)-1].at, lines[len(lines)-1].at) + speed*hold
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="A terminal: %s. %s. The same with %s: %s.">
<style>
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #1f2328; white-space: pre }
.box { fill: #ffffff; stroke: #d1d9e0 }
.note { fill: #59636e }
.good { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.box { fill: #0d1117; stroke: #3d444d }
.note { fill: #9198a1 }
.good { fill: #3fb950 }
}
#lines, #counts, #rival { animation: %.1fs step-end infinite }
#lines { animation-name: lines }
#counts { animation-name: counts }
#rival { animation-name: rival }
@media (prefers-reduced-motion: reduce) { #lines, #counts, #rival { animation: none } }
%s%s%s</style>
<clipPath id="terminal"><rect y="%d" width="%d" height="%d"/></clipPath>
<clipPath id="clients"><rect y="%d" width="%d" height="%d"/></clipPath>
<clipPath id="others"><rect y="%d" width="%d" height="%d"/></clipPath>
<rect class="box" x="0.5" y="0.5" width="%d" height="%d" rx="8"/>
<text class="note" x="%d" y="22">the terminal</text>
<text class="note" x="%d" y="22" text-anchor="end">recorded on %s/%s, %d processors · shown %d times as fast</text>
<text class="note" x="%d" y="%d">the clients</text>
<text class="note" x="%d" y="%d">the same clients and saves with %s</text>
`, width, height, html.EscapeString(s.command), html.EscapeString(s.last()), html.EscapeString(rival.command), html.EscapeString(rival.last()),
		all.Seconds()/speed, keyframes("lines", lines, all), keyframes("counts", s.counts, all), keyframes("rival", rival.counts, all),
		bottom-rows*lineHeight-15, width, rows*lineHeight, bottom+21, width, lineHeight, bottom+77, width, lineHeight, width-1, height-1,
		left, width-left, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), speed, left, bottom+15, left, bottom+71, html.EscapeString(rival.command))
	texts(&b, "terminal", "lines", lines, bottom-lineHeight)
	texts(&b, "clients", "counts", s.counts, bottom+36)
	texts(&b, "others", "rival", rival.counts, bottom+92)
	b.WriteString("</svg>\n")
	return b.String()
}

// texts writes lines above each other, of which a clip shows the last ones.
func texts(b *strings.Builder, clip, id string, lines []shown, y int) {
	fmt.Fprintf(b, "<g clip-path=\"url(#%s)\"><g id=%q>\n", clip, id)
	for i, l := range lines {
		fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\">%s</text>\n", left, y-(len(lines)-1-i)*lineHeight, coloured(l.text))
	}
	b.WriteString("</g></g>\n")
}

// keyframes returns the animation that moves each line to the place of the last one when the line appears.
func keyframes(name string, lines []shown, all time.Duration) string {
	var b strings.Builder
	for i, l := range lines {
		at := 100 * l.at.Seconds() / all.Seconds()
		if i == 0 {
			at = 0
		}
		fmt.Fprintf(&b, " %.2f%% { transform: translateY(%dpx) }", at, (len(lines)-1-i)*lineHeight)
	}
	return fmt.Sprintf("@keyframes %s {%s }\n", name, b.String())
}

// coloured returns a line as SVG: hotswap's name and the figures step back, what succeeds stands out.
func coloured(line string) string {
	first, rest, _ := strings.Cut(html.EscapeString(line), " · ")
	if after, ok := strings.CutPrefix(first, "hotswap: "); ok {
		first = `<tspan class="note">hotswap: </tspan>` + after
	}
	if rest != "" {
		rest = ` <tspan class="note">· ` + rest + `</tspan>`
	}
	return success.ReplaceAllString(first+rest, `<tspan class="good">$0</tspan>`)
}

var success = regexp.MustCompile(`\bserves\b|\blost: 0\b`)
