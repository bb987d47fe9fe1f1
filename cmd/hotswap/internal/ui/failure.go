package ui

import (
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// mostOutput is how many lines of output the status for people shows.
const mostOutput = 12

// renderFailure returns the lines of the status about a failure.
func renderFailure(f *report.FailureStatus, now time.Time) []string {
	if f == nil {
		return nil
	}
	what := "failed: "
	if f.Generation != 0 {
		what = fmt.Sprintf("generation %d failed: ", f.Generation)
	}
	out := []string{"  " + human.Dots(what+f.Reason, changed(slices.Concat(f.Files, make([]string, f.MoreFiles))), human.Duration(now.Sub(f.At))+" ago", f.Cause())}
	for _, line := range f.Telling(mostOutput) {
		out = append(out, "    "+line)
	}
	return out
}
