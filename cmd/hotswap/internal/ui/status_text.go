package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// StatusText returns the status for people: a line about the whole, then a line for each
// generation, oldest first, for each endpoint, and for the last swap. Texts of the status
// may come from others, so each stays within its line.
func StatusText(st report.Status, now time.Time) string {
	failed := ""
	if st.FailedSwaps > 0 {
		failed = fmt.Sprintf("%d failed", st.FailedSwaps)
	}
	back := ""
	if st.RolledBackFrom != 0 {
		back = fmt.Sprintf("rolled back from %d", st.RolledBackFrom)
	}
	out := []string{human.Dots(st.State, strings.Join(st.Command, " "), human.Count(st.Swaps, "swap"), failed, back)}
	if st.Port != 0 {
		out = append(out, fmt.Sprintf("  PORT %d · %s", st.Port, URL(st)))
	}
	if st.Paused != nil {
		out = append(out, "  "+renderPause(*st.Paused, now))
	}
	if st.CrashLoop != nil {
		out = append(out, renderLoop(*st.CrashLoop, now))
	}
	out = append(out, renderFailure(st.Failure, now)...)
	for _, g := range st.Generations {
		out = append(out, "  "+human.Dots(renderGeneration(g, now), renderWait(st.Program, g.ID)))
		if g.ID == st.Generation || len(st.Generations) == 1 {
			for _, f := range g.EnvFiles {
				out = append(out, fmt.Sprintf("    %s: %s", f.File, strings.Join(f.Names, " ")))
			}
		}
	}
	if b := st.Build; b != nil {
		out = append(out, "  "+human.Dots("build "+b.State, "for "+human.Duration(now.Sub(b.Started)), changed(b.Files)))
	}
	if s := st.Standby; s != nil {
		out = append(out, "  "+renderStandby(*s, now))
	}
	for _, b := range st.Beside {
		process := "does not run"
		if b.PID != 0 {
			process = fmt.Sprintf("process %d", b.PID)
		}
		out = append(out, "  beside: "+human.Dots(oneLine(b.Command), process, human.Count(b.Restarts, "restart")))
	}
	for _, e := range st.Endpoints {
		out = append(out, fmt.Sprintf("  %s %s → generation %d", e.Network, e.Address, e.Generation))
	}
	if st.Page != "" {
		out = append(out, "  live page "+st.Page)
	}
	if b := st.Browsers; b != nil {
		out = append(out, "  "+human.Dots(b.Script, human.Count(b.Pages, "page")+" connected"))
	}
	out = append(out, renderProgram(st.Program)...)
	if s := st.LastSwap; s != nil {
		out = append(out, "  last: "+renderSwap(*s))
	}
	for i, line := range out {
		out[i] = plain.Short(line, longestRow)
	}
	return strings.Join(out, "\n")
}

// longestRow bounds a line of the status, in bytes.
const longestRow = 1000

func renderGeneration(g report.GenerationStatus, now time.Time) string {
	process, boot, connections, overdue := "", "", "", ""
	if g.PID != 0 {
		process = fmt.Sprintf("process %d", g.PID)
	}
	if g.ReadyMS != nil {
		boot = "boot " + human.Duration(time.Duration(*g.ReadyMS)*time.Millisecond)
	}
	if g.Connections > 0 {
		connections = human.Count(g.Connections, "connection")
	}
	streams := ""
	if g.State == supervisor.StateDraining.String() {
		streams = holding(g.Streams)
	}
	if g.Overdue {
		overdue = "not ready in time"
	}
	return human.Dots(fmt.Sprintf("generation %d %s", g.ID, g.State), overdue, process, "for "+human.Duration(now.Sub(g.Started)), boot, connections, streams)
}

// holding names the event streams that a drain waits for.
func holding(streams int) string {
	switch streams {
	case 0:
		return ""
	case 1:
		return "an open stream holds it"
	}
	return fmt.Sprintf("%d open streams hold it", streams)
}

func renderStandby(s report.StandbyStatus, now time.Time) string {
	process := ""
	if s.PID != 0 {
		process = fmt.Sprintf("process %d", s.PID)
	}
	loaded := ""
	if s.State == report.StandbyWaiting {
		loaded = human.Count(s.Ahead, "package") + " loaded ahead"
	}
	return human.Dots(fmt.Sprintf("standby for generation %d %s", s.Generation, s.State), process, "for "+human.Duration(now.Sub(s.Started)), size(s.Memory), loaded)
}

func renderSwap(s report.SwapStatus) string {
	drain := ""
	if s.DrainMS != nil {
		drain = "drain " + human.Duration(time.Duration(*s.DrainMS)*time.Millisecond)
	}
	cutover := ""
	if s.CutoverUS > 0 { // 0: there was no old process
		cutover = "cutover " + human.Duration(time.Duration(s.CutoverUS)*time.Microsecond)
	}
	var ran []report.Step
	for _, r := range s.Ran {
		ran = append(ran, report.Step{Command: r.Command, Name: r.Rule})
	}
	return human.Dots(s.Cause, changed(s.Files), named(ran), "boot "+human.Duration(time.Duration(s.BootMS)*time.Millisecond), cutover, drain)
}
