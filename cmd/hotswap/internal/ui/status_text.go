package ui

import (
	"cmp"
	"fmt"
	"slices"
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
	var out []string
	say := func(parts ...string) {
		if text := human.Dots(parts...); text != "" {
			out = append(out, plain.Short("  "+text, longestRow))
		}
	}
	state := human.If(st.Name != "", st.Name+": ") + st.State
	if !st.StopsAt.IsZero() {
		state += " in " + human.Duration(max(0, st.StopsAt.Sub(now)))
	}
	say(state, strings.Join(st.Command, " "), human.Count(st.Swaps, "swap"),
		human.Iff(st.FailedSwaps > 0, "%d failed", st.FailedSwaps),
		human.Iff(st.RolledBackFrom != 0, "rolled back from %d", st.RolledBackFrom))
	if st.Port != 0 {
		say(fmt.Sprint("PORT ", st.Port), URL(st))
	}
	say(human.If(st.Proxy, "a proxy passes connections to the program, which sees 127.0.0.1 as its client"))
	if st.GoAdapter != nil {
		say(goAdapter(*st.GoAdapter))
	}
	if st.Paused != nil {
		waits := "no file has changed"
		if st.Paused.Files > 0 {
			waits = human.Count(st.Paused.Files, "changed file") + " waiting"
		}
		say("paused for "+human.Duration(now.Sub(st.Paused.Since)), waits, "p or hotswap resume makes one swap")
	}
	for _, i := range st.Ignored {
		say(fmt.Sprintf("ignored %s: %s", i.File, i.Reason))
	}
	say(human.If(st.CrashLoop > 0, "crash loop: "+human.Count(st.CrashLoop, "crash")+" in a row"))
	if st.Failure != nil {
		renderFailure(*st.Failure, now, say)
	}
	for _, g := range st.Generations {
		say(fmt.Sprintf("generation %d %s", g.ID, g.State), human.If(g.Overdue, "not ready in time"),
			process(g.PID), human.If(len(g.LeftOut) > 0, directly(g.Program, g.LeftOut)),
			"for "+human.Duration(now.Sub(g.Started)), boot(g.ReadyMS),
			human.If(g.Connections > 0, human.Count(g.Connections, "connection")),
			human.If(g.State == report.StateDraining && g.StaysFor == 0, awaitedStreams(g.Streams)),
			human.If(g.StaysFor > 0, stays(g.StaysFor)), renderWait(st.Program, g.ID))
	}
	if b := st.Build; b != nil {
		say("build "+b.State, "for "+human.Duration(now.Sub(b.Started)), changed(b.Files))
	}
	if s := st.Standby; s != nil {
		say(fmt.Sprintf("standby for generation %d %s", s.Generation, s.State), process(s.PID),
			"for "+human.Duration(now.Sub(s.Started)),
			size(s.Memory), human.If(s.State == report.StandbyWaiting, packagesAhead(s.Ahead, len(s.Left))))
		reasons := leftOut(s.Left)
		for _, why := range reasons[:min(len(reasons), mostReasons)] {
			say("  " + why)
		}
		if more := len(reasons) - mostReasons; more > 0 {
			say("  and " + human.Count(more, "reason") + " more: hotswap status --json")
		}
	}
	for _, b := range st.Beside {
		say("beside: "+oneLine(b.Command), cmp.Or(process(b.PID), "does not run"), human.Count(b.Restarts, "restart"),
			human.If(b.Failed, "has failed"))
	}
	for _, e := range st.Endpoints {
		to := human.Iff(e.Generation != 0, "generation %d", e.Generation)
		code := human.Iff(e.InCode != 0, " (%d in the code)", e.InCode)
		say(fmt.Sprintf("%s %s%s → %s", e.Network, e.Address, code, cmp.Or(to, "the next client starts the program")))
	}
	say(human.If(st.Page != "", "live page "+st.Page))
	if b := st.Browsers; b != nil {
		say(b.Script, human.Count(b.Pages, "page")+" connected")
	}
	if st.Program != nil {
		renderProgram(*st.Program, say)
	}
	return strings.TrimPrefix(strings.Join(out, "\n"), "  ")
}

// Awaited names after a colon the generation of a status that boots; "": none does.
func Awaited(st report.Status) (text string) {
	for _, g := range st.Generations {
		if g.State == report.StateStarting {
			text = fmt.Sprintf(": generation %d is not ready after %s", g.ID, human.Duration(time.Since(g.Started))) +
				human.If(g.ID == 1, ", and if it is a worker, --ready start says that it runs")
		}
	}
	return text
}

// mostReasons bounds why packages are not loaded ahead, in lines of the status.
const mostReasons = 20

// longestRow bounds a line of the status, in bytes.
const longestRow = 1000

// process names a process; "" for 0.
func process(pid int) string { return human.Iff(pid != 0, "process %d", pid) }

// boot returns how long a boot took; "" if that is not known.
func boot(ms *int64) string {
	if ms == nil {
		return ""
	}
	return "boot " + human.Duration(time.Duration(*ms)*time.Millisecond)
}

// stays says why a generation lives on that has drained for long enough.
func stays(answers int) string { return "stays for " + human.Count(answers, "answer") + " under way" }

// awaitedStreams names the event streams that a drain waits for.
func awaitedStreams(streams int) string {
	return human.If(streams > 0, human.Count(streams, "open stream"))
}

const mostOutput = 12

func renderFailure(f report.FailureStatus, now time.Time, say func(...string)) {
	what := human.Iff(f.Generation != 0, "generation %d ", f.Generation) + "failed: "
	say(what+f.Reason, changed(slices.Concat(f.Files, make([]string, f.MoreFiles))),
		human.Duration(now.Sub(f.At))+" ago", f.Cause())
	for _, line := range f.Telling(mostOutput) {
		say("  " + line)
	}
}

// renderProgram says what the program has asked hotswap for: a line for its state, and one for each lease.
func renderProgram(p report.ProgramStatus, say func(...string)) {
	if p.Keys > 0 || p.Clients > 0 {
		say("state: "+human.Count(p.Keys, "key"), human.Count(p.Clients, "connection"))
	}
	for _, l := range p.Leases {
		say(fmt.Sprintf("lease %s → generation %d", plain.Short(l.Name, longestName), l.Generation), process(l.PID),
			human.If(l.Revoked, "asked to give it up"))
	}
	say(human.If(p.MoreLeases > 0, "and "+human.Count(p.MoreLeases, "more lease")))
}

// longestName bounds the name of a lease in a line, in bytes.
const longestName = 80

const maxPIDs = 5

// renderWait says for which processes the stop signal of a generation waits.
func renderWait(p *report.ProgramStatus, gen supervisor.GenID) string {
	if p == nil {
		return ""
	}
	for _, w := range p.Waits {
		if w.Generation == gen {
			return waitsFor(w.PIDs)
		}
	}
	return ""
}

// waitsFor says for whose work the end of a generation waits; "" for none.
func waitsFor(pids []int) string {
	if len(pids) == 0 {
		return ""
	}
	some := strings.ReplaceAll(fmt.Sprint(pids[:min(len(pids), maxPIDs)]), " ", ", ")
	more := human.Iff(len(pids) > maxPIDs, " and %d more", len(pids)-maxPIDs)
	return "waits for onDrain or a lease of process " + strings.Trim(some, "[]") + more
}
