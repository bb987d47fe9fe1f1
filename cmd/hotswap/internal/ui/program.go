package ui

import (
	"fmt"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/internal/plain"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// renderProgram says what the program has asked hotswap for: a line for its state, and one for each lease.
func renderProgram(p *report.ProgramStatus) (out []string) {
	if p == nil {
		return nil
	}
	if p.Keys > 0 || p.Clients > 0 {
		out = append(out, "  "+human.Dots("state: "+human.Count(p.Keys, "key"), human.Count(p.Clients, "connection")))
	}
	for _, l := range p.Leases {
		out = append(out, "  "+human.Dots(fmt.Sprintf("lease %s → generation %d", plain.Short(l.Name, longestName), l.Generation),
			process(l.PID), human.If(l.Revoked, "asked to give it up")))
	}
	if p.MoreLeases > 0 {
		out = append(out, "  and "+human.Count(p.MoreLeases, "more lease"))
	}
	return out
}

// longestName bounds the name of a lease in a line, in bytes.
const longestName = 80

// maxPIDs bounds the processes in a line.
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
	some := strings.Join(strings.Fields(fmt.Sprint(pids[:min(len(pids), maxPIDs)])), ", ")
	more := human.If(len(pids) > maxPIDs, fmt.Sprintf(" and %d more", len(pids)-maxPIDs))
	return "waits for onDrain or a lease of process " + strings.Trim(some, "[]") + more
}
