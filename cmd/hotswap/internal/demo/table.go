package demo

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
)

// writeTable prints both columns side by side, within 80 characters.
func (r Result) writeTable(w io.Writer) error {
	var b strings.Builder
	row := func(label string, tell func(Column) string) {
		fmt.Fprintf(&b, "%-34s%20s%20s\n", label, tell(r.Hotswap), tell(r.Plain))
	}
	fmt.Fprintf(&b, "\n%-34s%20s%20s\n", "", "hotswap", "plain restart")
	row("requests", func(c Column) string { return human.Thousands(c.Requests) })
	row("requests per second", func(c Column) string { return human.Thousands(uint64(math.Round(c.PerSecond))) })
	row("failed", func(c Column) string { return human.Thousands(c.Failed) })
	for _, class := range r.classes() {
		row("  "+class, func(c Column) string { return human.Thousands(c.FailedBy[class]) })
	}
	row("races (HTTP keep-alive, retried)", func(c Column) string { return human.Thousands(c.Races) })
	row("swaps", func(c Column) string { return human.Thousands(uint64(c.Swaps)) })
	row("longest stall of an answer", func(c Column) string { return number(c.Stall) + " ms" })
	row("longest time without any answer", func(c Column) string { return number(c.Gap) + " ms" })
	row("cutover, median / max", func(c Column) string { return c.CutoverUS.text("µs") })
	row("boot of the new, median / max", func(c Column) string { return c.BootMS.text("ms") })
	row("end of the old, median / max", func(c Column) string { return c.DrainMS.text("ms") })
	row("WebSocket messages (apart)", func(c Column) string { return human.Thousands(c.WebSockets.Messages) })
	row("  lost on the way", func(c Column) string { return human.Thousands(c.WebSockets.Lost) })
	row("  connections ended", func(c Column) string { return human.Thousands(c.WebSockets.Ended) })
	if r.Hotswap.Failed > 0 {
		b.WriteString("\nSomething was lost under hotswap, which is a bug: please report what\nhotswap demo --json prints.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// classes returns the classes of failures in either column, the most frequent first.
func (r Result) classes() []string {
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

// number prints one digit after the point for small numbers.
func number(f float64) string {
	if f < 9.95 {
		return fmt.Sprintf("%.1f", f)
	}
	return human.Thousands(uint64(math.Round(f)))
}
