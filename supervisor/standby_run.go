package supervisor

import (
	"context"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
)

// runAhead is run for a child that is started ahead. If it is of no use when a generation has
// adopted it, the generation starts cold.
func (c *child) runAhead() {
	defer c.cancel()
	l, err := c.launchAhead()
	if err == nil {
		err = c.await(l)
	}
	if err == nil {
		err = c.ahead.resume(l)
	}
	if err == nil {
		close(c.up)
		c.s.send(machine.Started{Gen: c.gen, PID: l.PID(), Standby: !c.ahead.cold})
		c.ahead.release()
		c.see(l, <-l.Exited())
		return
	}
	if l != nil {
		l.End(c.s.cfg.StopSignal, c.s.cfg.Policy.AbandonGrace, c.ahead.urgent, c.ahead.adopted) // at once if a generation waits for that
		l.finish()
		err = c.explainEnd(l, err)
	}
	if !c.concede(err) {
		return
	}
	c.proc.Store(nil)
	c.out.Store(nil)
	c.killed.Store(false)
	c.run()
}

// launchAhead starts a standby, or a rehearsal, if there is room for it.
func (c *child) launchAhead() (*launched, error) {
	a := c.ahead
	if !a.isAdopted() {
		var tree []int
		if a.model != nil {
			tree = (*a.model.proc.Load()).Tree()
		}
		if err := c.s.memory.Room(tree); err != nil {
			return nil, refusal{err}
		}
	}
	if a.ctx.Err() != nil {
		return nil, errStopped
	}
	l, err := c.launch(a)
	if err != nil {
		return nil, err
	}
	l.attend(c.ctx)
	c.s.sync() // the status tells its process id, which is written down for a hotswap that is killed
	return l, nil
}

// arrival is the end of a standby's boot.
type arrival struct {
	memory uint64
	err    error
}

// boot returns when the standby waits, or why it never will.
func (c *child) boot(ctx context.Context, l *launched) (now arrival) {
	now.err = l.standby.Ready(ctx)
	if now.err == nil && !c.ahead.isAdopted() {
		if now.memory, now.err = c.s.memory.Enough(l.Tree()); now.err != nil {
			now.err = refusal{now.err}
		}
	}
	return now
}

// await returns nil when the standby may run its own code, or why it is of no use.
func (c *child) await(l *launched) error {
	a := c.ahead
	ctx, cancel := context.WithCancel(a.ctx)
	defer cancel()
	arrived, looked := make(chan arrival, 1), make(chan error, 1)
	c.s.wg.Go(func() { arrived <- c.boot(ctx, l) })
	adopted, look, waits := a.adopted, a.look, false
	var late <-chan time.Time
	for {
		select {
		case <-a.resumed:
			select {
			case exit := <-l.Exited():
				return endedEarly{exit}
			case err := <-a.strayed:
				return err
			default:
			}
			return nil
		case <-adopted:
			adopted = nil
			if waits {
				continue // it may run at once
			}
			if err := l.Release(); err != nil {
				return err
			}
			timer := time.NewTimer(c.s.cfg.Policy.ReadyTimeout / 2)
			defer timer.Stop()
			late = timer.C
		case <-late:
			return errLate
		case <-look:
			look = nil
			c.s.wg.Go(func() {
				err := c.s.sameRecipe(l.recipe)
				if err == nil {
					err = l.standby.Validate()
				}
				looked <- err
			})
		case err := <-looked:
			look = a.look
			if err != nil {
				return err
			}
		case <-a.stopped:
			return errStopped
		case exit := <-l.Exited():
			return endedEarly{exit}
		case err := <-a.strayed:
			return err
		case now := <-arrived:
			if now.err != nil {
				return now.err
			}
			waits = true
			late = nil
			ahead, left := l.standby.Loaded()
			c.s.send(standby.Waits{Gen: c.gen, Memory: now.memory, Ahead: ahead, Left: left})
		}
	}
}

// resume lets the program go on that has waited.
func (a *standbyChild) resume(l *launched) error {
	if err := l.Release(); err != nil {
		return err
	}
	if err := l.s.sameRecipe(l.recipe); err != nil {
		return err
	}
	if err := l.standby.Validate(); err != nil {
		return err
	}
	a.mu.Lock()
	a.begun = true
	a.mu.Unlock()
	if err := l.standby.Resume(); err != nil {
		return err
	}
	close(l.begun)
	l.Streams.Go()
	l.kills = l.s.memory.Kills()
	return nil
}
