package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// writeTable prints both columns side by side, within 80 characters.
func writeTable(w io.Writer, swaps, plain column) error {
	var b strings.Builder
	row := func(label string, cell func(column) string) {
		fmt.Fprintf(&b, "%-34s%20s%20s\n", label, cell(swaps), cell(plain))
	}
	fmt.Fprintf(&b, "\n%-34s%20s%20s\n", "", "hotswap", "plain restart")
	row("requests", func(c column) string { return fmt.Sprint(c.load.Requests) })
	row("failed", func(c column) string { return fmt.Sprint(c.load.Failed()) })
	row("races (HTTP keep-alive, retried)", func(c column) string { return fmt.Sprint(c.load.Closes.Raced) })
	row("swaps", func(c column) string { return fmt.Sprint(len(c.replaced)) })
	row("longest stall of an answer", func(c column) string {
		if c.load.Failed() > 0 {
			return "no answer" // however fast the refusal came
		}
		return short(c.load.LongestStall)
	})
	row("longest time without any answer", func(c column) string { return short(c.load.LongestGap) })
	row("cutover, median / max", func(c column) string { return spread(c.cutovers) })
	row("until the new answers, median/max", func(c column) string { return spread(c.replaced) })
	if swaps.load.Failed() > 0 {
		b.WriteString(
			"\nSomething was lost under hotswap, which is a bug: please report this table\nand the first failures:\n")
		for _, e := range swaps.load.Examples[:min(len(swaps.load.Examples), 5)] {
			fmt.Fprintf(&b, "  %s\n", e)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// spread returns the median and the maximum of durations; "-" for none.
func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "-"
	}
	sorted := slices.Sorted(slices.Values(all))
	return short(sorted[len(sorted)/2]) + " / " + short(sorted[len(sorted)-1])
}

// short returns whole milliseconds, or microseconds below one.
func short(d time.Duration) string {
	if d < time.Millisecond {
		return fmt.Sprintf("%d µs", d.Microseconds())
	}
	return fmt.Sprintf("%d ms", d.Milliseconds())
}
