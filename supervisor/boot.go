package supervisor

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

const (
	slowBoot = 5 * time.Second        // after which people first hear that a generation boots
	restTime = 3 * time.Second        // for which a program must rest that is to count as one without a port
	bootLook = 250 * time.Millisecond // between two looks at whether the program rests
	// workShare is which part of the time between two looks a program may compute and count as quiet.
	workShare = 10
)

// boot looks at a generation until it boots no more. It says that the boot takes long, again when that has doubled, and
// reports once that the program rests, unless it listens and has not accepted yet, or is likely to be a server.
func (c *child) boot() {
	ticks := time.NewTicker(bootLook)
	defer ticks.Stop()
	began, slow, rests := time.Now(), slowBoot, false
	quiet, looked, before, worked := began, began, time.Duration(0), true
	for {
		select {
		case <-c.ctx.Done():
			return
		case now := <-ticks.C:
			if !c.boots() {
				return
			}
			used, runs := time.Duration(0), true
			if p := c.process(); p != nil {
				used, runs = c.s.work(p.Tree())
			}
			// On a busy machine a look may meet a thread that only looks at the clock. A program that boots is met each time.
			ran := used - before
			works := runs || ran < 0 || ran > now.Sub(looked)/workShare
			if works && worked {
				quiet = now
			}
			looked, before, worked = now, used, works
			if !rests && now.Sub(quiet) >= restTime {
				if rests = true; len(c.s.cfg.Registry.Endpoints(c.gen)) == 0 && (c.s.cfg.NamesServer == nil || !c.s.cfg.NamesServer()) {
					c.s.send(machine.Rested{Gen: c.gen})
				}
			} else if now.Sub(began) >= slow {
				c.s.notice(report.NoticeSlow{Gen: c.gen, After: slow})
				slow *= 2
			}
		}
	}
}

// boots reports whether the generation boots, and is neither late nor waits for a debugger.
func (c *child) boots() bool {
	st := c.s.Status()
	return slices.ContainsFunc(st.Generations, func(g report.GenerationStatus) bool {
		return g.ID == c.gen && g.State == report.StateStarting && !g.Overdue
	}) && !slices.ContainsFunc(st.Lives, func(l report.Life) bool { return l.Gen == c.gen && l.NeedsDebugger })
}
