package supervisor

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/machine/policy"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

const (
	// firstQuiet is for how long the programs beside have been quiet when the first generation starts.
	firstQuiet = 200 * time.Millisecond
	// noticed is for how long a compiler that has noticed a save may do nothing: tsc waits for 250 ms.
	noticed = 400 * time.Millisecond
)

// companion keeps a program beside running. Its goroutine is keep.
type companion struct {
	run.Command
	run.Compiler
	s        *Supervisor
	restarts atomic.Int32
	reported bool // that it has failed; only the loop uses it
}

type company struct {
	all    []*companion       // constant
	ctx    context.Context    // until they must end
	end    context.CancelFunc // constant
	urgent chan struct{}      // closed by the loop: they must end at once

	complete func() bool // constant when they have begun; nil before
}

func newCompany(s *Supervisor) *company {
	c := &company{urgent: make(chan struct{})}
	c.ctx, c.end = context.WithCancel(context.Background())
	for _, b := range s.cfg.Beside {
		one := &companion{Compiler: run.Compiler{Beside: b}, s: s}
		one.Command = run.Command{
			Runner: s.runner, Title: "beside", Grace: s.cfg.Policy.KillGrace(), Urgent: c.urgent, Stays: true,
			Line: one.heard,
		}
		c.all = append(c.all, one)
	}
	return c
}

// StartBeside starts the programs that run beside the generations; it is called once. A hotswap that upgrades another
// one calls it when that has ended: no program runs twice at once. settled reports whether no change of files is
// on its way to [Supervisor.Batch]: the first generation starts with what the programs have made.
func (s *Supervisor) StartBeside(settled func() bool) {
	s.post(func() {
		if s.beside.ctx.Err() != nil {
			return
		}
		s.beside.complete = settled
		for _, c := range s.beside.all {
			s.companions.Go(c.keep)
		}
	})
}

// keep starts the program again and again, until the companions must end.
func (c *companion) keep() {
	ctx, pauses := c.s.beside.ctx, policy.Backoff(0)
	for ; ; c.restarts.Add(1) {
		c.Restarts()
		began := time.Now()
		c.s.notice(report.NoticeBeside{Beside: c.Beside})
		end := c.Run(ctx, report.Step{Name: c.Name, Command: c.Beside.Command})
		if ctx.Err() != nil {
			c.s.refresh() // no status has its process id any more
			return
		}
		end = cmp.Or(end, &report.BuildFailure{Post: report.PostMortem{Reason: report.Exit{}.String()}})
		if time.Since(began) >= policy.Healthy {
			pauses.Reset()
		}
		pause := pauses.Next()
		c.s.notice(report.NoticeBeside{Beside: c.Beside, End: end, In: pause})
		if wait.For(ctx, pause) != nil {
			return
		}
	}
}

func (c *companion) heard(line string) {
	failure, ended := c.Hear(line, time.Now())
	if !ended {
		return
	}
	step := report.Step{Name: c.Name, Command: c.Beside.Command}
	c.s.post(func() {
		if c.reported && failure == nil {
			c.s.notify(report.NoticeBuilt{Steps: []report.Step{step}, Only: true})
		}
		c.reported = failure != nil
		if !c.reported {
			return
		}
		f := report.BuildFailure{Step: step, Exit: report.Exit{Code: -1}}
		f.Post = run.Explain(f.Exit, failure)
		f.Post.Reason = "its output says so"
		next := report.Next{Kind: report.NextWait}
		if gen := c.s.m.Serving(); gen != 0 {
			next = report.Next{Kind: report.NextKeeps, Gen: gen}
		}
		c.s.notify(report.NoticeBuildFailed{Origin: report.Origin{Cause: report.CauseChange}, Failure: f, Next: next})
	})
}

// endBeside ends the programs beside the generations, of which none is left, and the hooks. With now it only says that
// these end at once.
func (s *Supervisor) endBeside(now bool) {
	if now {
		closeOnce(s.beside.urgent)
		s.hooks.end()
		return
	}
	s.beside.end()
	late := time.AfterFunc(lastGrace, s.hooks.end)
	s.wg.Go(func() {
		s.companions.Wait()
		late.Stop()
		s.send(machine.BesideEnded{})
	})
}

func (c *company) status() (out []report.BesideStatus) {
	for _, b := range c.all {
		out = append(out, report.BesideStatus{Command: b.Beside.Command, PID: b.PID(), Restarts: int(b.restarts.Load()),
			Failed: b.reported})
	}
	return out
}

// BesideMustWait returns a function that reports whether files that were written at that time must wait: a program
// beside the generations has failed, or has yet to say how its run has ended. Nil: there is none.
func (s *Supervisor) BesideMustWait() func(written time.Time) bool {
	if len(s.beside.all) == 0 {
		return nil
	}
	return s.beside.mustWait
}

func (c *company) mustWait(written time.Time) bool {
	return slices.ContainsFunc(c.all, func(one *companion) bool { return one.MustWait(written, time.Now()) })
}

// BesideRests returns when the compilers beside have had the time to notice what was saved before, and none has a run
// under way.
func (s *Supervisor) BesideRests(ctx context.Context) {
	if !slices.ContainsFunc(s.beside.all, (*companion).Tells) {
		return
	}
	s.rest(ctx, noticed, func() bool { return slices.ContainsFunc(s.beside.all, (*companion).Runs) })
	s.sync()
}

// rest returns when busy has reported false for a while; earlier at the end of ctx or of the loop.
func (s *Supervisor) rest(ctx context.Context, long time.Duration, busy func() bool) {
	ticks := time.NewTicker(wait.Poll)
	defer ticks.Stop()
	for quiet := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-s.done:
			return
		case now := <-ticks.C:
			if busy() {
				quiet = now
			}
			if now.Sub(quiet) >= long {
				return
			}
		}
	}
}

// begin asks for the first generation. Where programs run beside, begin waits until they run, and have had no file to
// be swapped for a while: what they make is complete then. Those of a hotswap that upgrades another one begin later.
func (s *Supervisor) begin() {
	first := machine.Request{Cause: report.CauseFirst, Steps: s.cfg.Steps}
	if len(s.beside.all) == 0 || s.cfg.Past.Last > 0 {
		s.step(first)
		return
	}
	s.wg.Go(func() {
		began := time.Now()
		unbegun := func(b *companion) bool { return b.PID() == 0 && b.restarts.Load() == 0 }
		s.rest(context.Background(), firstQuiet, func() bool {
			return s.beside.mustWait(began) || time.Since(began) < wait.Command &&
				(slices.ContainsFunc(s.beside.all, unbegun) || !s.beside.complete())
		})
		s.send(first)
	})
}
