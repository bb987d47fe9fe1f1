package engine

import (
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/place"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// places tells the programs' server what the supervisor says.
type places struct{ server *place.Server }

// Tell passes the places on.
func (p places) Tell(all []supervisor.Place) {
	out := make([]place.Place, 0, len(all))
	for _, g := range all {
		out = append(out, place.Place{Gen: g.Gen, State: stateOf(g), Serving: g.Serving, Foremost: g.Foremost, Deadline: g.Deadline})
	}
	p.server.Tell(out)
}

// Drained passes on that a generation has nothing under way any more.
func (p places) Drained(gen handoff.GenID) <-chan struct{} { return p.server.Drained(gen) }

// Leaves passes on what the process has said.
func (p places) Leaves(gen handoff.GenID, pid int) bool { return p.server.Leaves(gen, pid) }

// Leaving passes on what one of its processes has said.
func (p places) Leaving(gen handoff.GenID) bool { return p.server.Leaving(gen) }

// Waits returns the processes whose own work at the end of a generation is waited for.
func (p places) Waits(gen handoff.GenID) []int { return p.server.Waits(gen) }

// maxLeases bounds the leases in a status.
const maxLeases = 50

// Program returns what the program has asked for; nil if it has asked for nothing.
func (e *Engine) Program() *report.ProgramStatus {
	st := e.Places.Status()
	if st.Clients+st.Keys+len(st.Leases)+len(st.Waits) == 0 {
		return nil
	}
	out := &report.ProgramStatus{Clients: st.Clients, Keys: st.Keys, Bytes: st.Bytes, MoreLeases: max(0, len(st.Leases)-maxLeases)}
	for _, l := range st.Leases[:min(len(st.Leases), maxLeases)] {
		out.Leases = append(out.Leases, report.LeaseStatus{Name: l.Name, Generation: l.Gen, PID: l.PID, Revoked: l.Revoked})
	}
	for _, w := range st.Waits {
		out.Waits = append(out.Waits, report.WaitStatus{Generation: w.Gen, PIDs: w.PIDs})
	}
	return out
}

// stateOf returns the state as docs/state.md names it.
func stateOf(p supervisor.Place) string {
	switch {
	case p.Serving:
		return place.Serving
	case p.State == supervisor.StateStarting:
		return place.Starting
	case p.State == supervisor.StateHeld:
		return place.Held
	}
	return place.Draining
}
