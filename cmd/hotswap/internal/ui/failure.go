package ui

import (
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// renderLoop returns the line of the status about crashes in a row.
func renderLoop(l report.CrashLoopStatus, now time.Time) string {
	next := ""
	if l.Next != nil {
		next = "next try in " + human.Duration(max(0, l.Next.Sub(now)))
	}
	return "  " + human.Dots("crash loop: "+human.Count(l.Crashes, "crash")+" in a row", next)
}

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
	out := []string{"  " + human.Dots(what+f.Reason, changed(f.Files), human.Duration(now.Sub(f.At))+" ago", f.Cause())}
	for _, line := range f.Telling(mostOutput) {
		out = append(out, "    "+line)
	}
	return out
}
