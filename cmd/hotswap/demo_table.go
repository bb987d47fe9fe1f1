package main

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
)

// writeTable prints both columns side by side, within 80 characters.
func (r demoResult) writeTable(w io.Writer) error {
	var b strings.Builder
	row := func(label string, tell func(demoColumn) string) {
		fmt.Fprintf(&b, "%-34s%20s%20s\n", label, tell(r.Hotswap), tell(r.Plain))
	}
	fmt.Fprintf(&b, "\n%-34s%20s%20s\n", "", "hotswap", "plain restart")
	row("requests", func(c demoColumn) string { return thousands(c.Requests) })
	row("requests per second", func(c demoColumn) string { return thousands(uint64(math.Round(c.PerSecond))) })
	row("failed", func(c demoColumn) string { return thousands(c.Failed) })
	for _, class := range r.classes() {
		row("  "+class, func(c demoColumn) string { return thousands(c.FailedBy[class]) })
	}
	row("races (HTTP keep-alive, retried)", func(c demoColumn) string { return thousands(c.Races) })
	row("swaps", func(c demoColumn) string { return thousands(uint64(c.Swaps)) })
	row("longest stall of an answer", func(c demoColumn) string { return number(c.Stall) + " ms" })
	row("longest time without any answer", func(c demoColumn) string { return number(c.Gap) + " ms" })
	row("cutover, median / max", func(c demoColumn) string { return c.CutoverUS.text("µs") })
	row("boot of the new, median / max", func(c demoColumn) string { return c.BootMS.text("ms") })
	row("end of the old, median / max", func(c demoColumn) string { return c.DrainMS.text("ms") })
	row("WebSocket messages (apart)", func(c demoColumn) string { return thousands(c.WebSockets.Messages) })
	row("  lost on the way", func(c demoColumn) string { return thousands(c.WebSockets.Lost) })
	row("  connections ended", func(c demoColumn) string { return thousands(c.WebSockets.Ended) })
	if r.Hotswap.Failed > 0 {
		b.WriteString("\nSomething was lost under hotswap, which is a bug: please report what\nhotswap demo --json prints.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// classes are the failures that either column has, the most frequent first.
func (r demoResult) classes() []string {
	sum := maps.Clone(r.Plain.FailedBy)
	for class, n := range r.Hotswap.FailedBy {
		sum[class] += n
	}
	return slices.SortedFunc(maps.Keys(sum), func(a, b string) int {
		if sum[a] != sum[b] {
			return int(sum[b]) - int(sum[a])
		}
		return strings.Compare(a, b)
	})
}

func (s *spread) text(unit string) string {
	if s == nil {
		return "-"
	}
	return number(s.Median) + " / " + number(s.Max) + " " + unit
}

// number has a digit after the point where that matters.
func number(f float64) string {
	if f < 9.95 {
		return fmt.Sprintf("%.1f", f)
	}
	return thousands(uint64(math.Round(f)))
}

// thousands groups digits by a space.
func thousands(n uint64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + " " + text[i:]
	}
	return text
}
