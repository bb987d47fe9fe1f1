package supervisor

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// besideTitle is what the keepers of [Config.Beside] are started with.
const besideTitle = "beside"

const (
	// workLook is how far apart two looks at what a program beside does are.
	workLook = 20 * time.Millisecond
	// workShare is which part of the time between two looks such a program may compute and count as quiet.
	workShare = 10
	// firstQuiet is for how long the programs beside have been quiet when the first generation starts, and
	// firstLimit how long that start waits for them.
	firstQuiet = 200 * time.Millisecond
	firstLimit = time.Minute
)

// companion keeps a program beside running. Its goroutine is run.
type companion struct {
	run.Command
	report.Beside
	s        *Supervisor
	restarts atomic.Int32
}

// company are all of them.
type company struct {
	all    []*companion                                     // constant
	ctx    context.Context                                  // until they are to end
	end    context.CancelFunc                               // constant
	urgent chan struct{}                                    // closed by the loop: they are to end at once
	work   func(pids []int) (used time.Duration, runs bool) // proc.Work; a seam for tests

	begun   bool        // only the loop uses it
	settled func() bool // constant when they have begun
}

func newCompany(s *Supervisor) *company {
	c := &company{urgent: make(chan struct{}), work: proc.Work}
	c.ctx, c.end = context.WithCancel(context.Background())
	for _, b := range s.cfg.Beside {
		c.all = append(c.all, &companion{Beside: b, s: s, Command: run.Command{
			Runner: s.runner, Title: besideTitle, Env: s.commandEnv, Grace: s.cfg.Policy.KillGrace(), Urgent: c.urgent, Stays: true, Started: s.sync,
		}})
	}
	return c
}

// StartBeside starts the programs that run beside the generations. A hotswap that upgrades another one
// calls it when that has ended: no program runs twice at once. settled reports whether no change of files is
// on its way to [Supervisor.Batch]: the first generation is to be for what the programs have made.
func (s *Supervisor) StartBeside(settled func() bool) {
	s.post(func() {
		if s.beside.begun || s.beside.ctx.Err() != nil {
			return
		}
		s.beside.begun, s.beside.settled = true, settled
		for _, c := range s.beside.all {
			s.companions.Go(c.run)
		}
	})
}

// run starts the program again and again until it is to end.
func (c *companion) run() {
	ctx, pauses := c.s.beside.ctx, machine.Backoff{}
	for ; ; c.restarts.Add(1) {
		began := time.Now()
		c.s.notice(report.NoticeBeside{Beside: c.Beside})
		end := c.Run(ctx, report.Step{Name: c.Name, Command: c.Beside.Command})
		if ctx.Err() != nil {
			return
		}
		if end == nil {
			end = &report.BuildFailure{Post: report.PostMortem{Reason: report.Exit{}.String()}}
		}
		if time.Since(began) >= machine.Healthy {
			pauses.Reset()
		}
		pause := pauses.Next()
		c.s.notice(report.NoticeBeside{Beside: c.Beside, End: end, In: pause})
		if wait.For(ctx, pause) != nil {
			return
		}
	}
}

// endBeside ends the programs beside the generations, of which none is left, and the hooks, and then does what is last.
func (s *Supervisor) endBeside(last []machine.Effect) {
	s.beside.end()
	if !s.hooks.closed {
		s.hooks.closed = true
		close(s.hooks.queue)
	}
	s.wg.Go(func() {
		s.hooks.finish(s.beside.urgent)
		s.companions.Wait()
		s.post(func() {
			for _, fx := range last {
				s.do(fx)
			}
		})
	})
}

// status returns what runs beside the generations.
func (c *company) status() (out []report.BesideStatus) {
	for _, b := range c.all {
		out = append(out, report.BesideStatus{Command: b.Beside.Command, PID: b.PID(), Restarts: int(b.restarts.Load())})
	}
	return out
}

// BesideWorks returns a function that reports whether a program beside the generations is doing something,
// such as writing what the next generation loads. It compares with what it saw when it was called last, and
// reports true if that is long ago. Nil: there is no such program.
func (s *Supervisor) BesideWorks() func() bool {
	if len(s.beside.all) == 0 {
		return nil
	}
	var looked time.Time
	var before time.Duration
	return func() bool {
		var pids []int
		for _, c := range s.beside.all {
			pids = append(pids, c.Tree()...)
		}
		now := time.Now()
		used, runs := s.beside.work(pids)
		since, ran := now.Sub(looked), used-before
		looked, before = now, used
		return runs || since > 10*workLook || ran < 0 || ran > since/workShare
	}
}

// first starts the first generation, when the programs beside have been quiet for a while: what they make is
// complete then. In a hotswap that upgrades another one they begin later.
func (s *Supervisor) first() {
	start := func() { s.step(machine.Request{Cause: report.CauseFirst}) } // which is nothing if a change has come first
	if len(s.beside.all) == 0 || s.cfg.Parent.Last > 0 {
		s.handle(start)
		return
	}
	s.publish()
	s.wg.Go(func() {
		ticks := time.NewTicker(workLook)
		defer ticks.Stop()
		works, quiet := s.BesideWorks(), time.Now()
		for limit := quiet.Add(firstLimit); ; {
			select {
			case <-s.done:
				return
			case now := <-ticks.C:
				if !s.beside.run() || works() || !s.beside.settled() {
					quiet = now
				}
				if now.Sub(quiet) >= firstQuiet || !now.Before(limit) {
					s.post(start)
					return
				}
			}
		}
	})
}

// run reports whether all of them run, or have run.
func (c *company) run() bool {
	for _, b := range c.all {
		if b.PID() == 0 && b.restarts.Load() == 0 {
			return false
		}
	}
	return true
}
