package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// drainStage says how far a drain has come.
type drainStage uint8

const (
	drainBusy     drainStage = iota // until nothing of the connections is under way
	drainHandling                   // the program does what it does when it has drained
	drainHandled                    // until nothing is under way: clients may have sent requests meanwhile
	drainDone                       // the program was told to stop
)

// hurry is how long a drain waits for streams while somebody at a terminal waits for the end. A stream without an end would
// keep that person waiting for most of the drain timeout.
const hurry = time.Second

// observed notes how the connections of g stand. If g stays and no answer is left, it gets a moment to show that nothing
// else is under way, and does not stay for later ones.
func (m *Machine) observed(g *Generation, d *Draining, ev Observed) {
	if g.Sent == SentKill {
		return // the connections have gone with the processes
	}
	ended := g.Observed.Report.Flowing > 0 && ev.Report.Flowing == 0
	if g.Observed = ev; ended && g.stays(d) {
		m.endIn(g, d, 2*m.policy.KillGrace())
	}
}

// goOnDraining takes the next step of each drain of whose connections nothing is under way any more, or only what nobody
// waits for.
func (m *Machine) goOnDraining() {
	for _, g := range m.gens {
		d, ok := g.State.(*Draining)
		if !ok || g.Sent == SentKill {
			continue
		}
		r := g.Observed.Report
		late := d.Since.Add(hurry)
		if m.hurries && m.now.Before(late) {
			d.Hurry = late
		}
		leaves := m.hurries && !m.now.Before(late) && !d.Left && (d.Stayed || r.Streams > 0 && r.Busy == r.Streams && r.Waiting == 0)
		if leaves {
			d.Left = true
			m.out.Emit(LeaveStreams{Gen: g.Gen})
		}
		switch quiet := d.Left || g.Observed.Over || r.Idle && r.Retired; {
		case quiet && d.Stage == drainBusy:
			d.Stage = drainHandling
			m.out.Emit(Quiet{Gen: g.Gen})
		case quiet && d.Stage == drainHandled:
			d.Stage = drainDone
			m.drained(g, d)
			if err := g.Observed.Err; err != nil {
				m.out.Notify(report.NoticeDrainUnwatched{Gen: g.Gen, Err: err})
			}
		case leaves && d.Stage == drainDone: // a server such as uvicorn, which stops when its streams have ended
			m.drained(g, d)
		}
	}
}
