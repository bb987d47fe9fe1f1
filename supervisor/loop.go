package supervisor

import (
	"context"
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// relayGrace is how long the last answers may take to relayed clients when all generations
// have ended: a client that does not read must not keep hotswap alive.
const relayGrace = 3 * time.Second

// loopNotes are facts that only the loop knows.
type loopNotes struct {
	cutover  time.Duration
	lost     int // connections that the last swap cut off
	drains   map[GenID]DrainReport
	unready  map[GenID]string // why a generation is not ready, if it says so
	sweeping bool
}

// Run carries out the machine's decisions until nothing is left to run, and returns the exit
// code. The end of ctx is the command to stop.
func (s *Supervisor) Run(ctx context.Context) int {
	s.notes.drains, s.notes.unready = map[GenID]DrainReport{}, map[GenID]string{}
	s.timer = time.NewTimer(0)
	s.first()
	ending := ctx.Done()
	var beat <-chan time.Time // nil: there is none
	if s.cfg.Beat.Every > 0 {
		t := time.NewTicker(s.cfg.Beat.Every)
		defer t.Stop()
		beat = t.C
	}
	for !s.ended {
		select {
		case <-beat:
			s.cfg.Beat.Do()
		case f := <-s.inbox:
			s.handle(f)
		case <-s.timer.C:
			s.handle(func() { s.step(evTick{}) })
		case <-ending:
			ending = nil
			s.handle(func() { s.step(evCommand{cmd: cmdStop}) })
		}
	}
	close(s.done)
	s.timer.Stop()
	s.wg.Wait()
	if s.cfg.Relay != nil {
		s.cfg.Relay.Finish(relayGrace)
	}
	return s.exit
}

func (s *Supervisor) handle(f func()) {
	f()
	s.publish()
}

func (s *Supervisor) step(ev event) {
	if r, ok := ev.(evRequest); ok && r.cause != CauseChange && s.cfg.Steps != nil {
		r.steps = s.cfg.Steps()
		ev = r
	}
	if c, ok := ev.(evCommand); ok && c.cmd == cmdRollback {
		c.leaving = s.leaving()
		ev = c
	}
	if c, ok := ev.(evCommand); ok && c.cmd == cmdStopNow {
		closeOnce(s.beside.urgent)
	}
	effects := s.m.step(s.clock.now(), ev)
	for i, fx := range effects {
		if _, last := effects[len(effects)-1].(fxDone); last && len(s.beside.all) > 0 {
			if _, reply := fx.(fxReply); reply || i == len(effects)-1 {
				s.endBeside(effects[i:])
				break
			}
		}
		s.do(fx)
	}
	s.tellPlaces()
	s.setTimer()
	if gone, ok := ev.(evGone); ok {
		delete(s.notes.drains, gone.gen)
		delete(s.notes.unready, gone.gen)
		s.retireGates()
	}
}

// do carries out one effect.
func (s *Supervisor) do(fx effect) {
	switch fx := fx.(type) {
	case fxStart:
		s.cfg.Notify(NoticeStarting{Gen: fx.gen, Cause: fx.cause})
		s.stopInspection()
		switch {
		case fx.standby:
			s.children[fx.gen] = s.adopt()
		case fx.ahead:
			s.children[fx.gen] = s.startAhead(fx.gen)
		default:
			s.children[fx.gen] = s.startChild(fx.gen)
		}
		s.wg.Go(s.children[fx.gen].watchWorkers)
	case fxResume:
		s.children[fx.gen].resumeChild()
	case fxValidate:
		s.children[fx.gen].ahead.lookAgain()
	case fxInspect:
		s.inspect(fx.gen)
	case fxStartStandby:
		s.startStandby(fx)
	case fxStopStandby:
		s.standby.ahead.stop(fx.now)
	case fxRehearse:
		s.rehearse(fx.model)
	case fxStopRehearsal:
		s.rehearsal.ahead.stop(true)
	case fxBuild:
		s.build(fx)
	case fxThen:
		for _, call := range fx.calls {
			s.wg.Go(call)
		}
	case fxBuildGoesOn:
		s.builder.goOn()
	case fxYieldBuild:
		s.builder.yield(fx.to)
	case fxStopBuild:
		s.stopBuild(fx.now)
	case fxCutover:
		s.cutover(fx.gen)
	case fxRouteDebugger:
		s.routeDebugger(fx.gen, fx.endpoint)
	case fxCloseDebuggers:
		s.children[fx.gen].closeDebuggers(fx.endpoints)
	case fxDrainSignal:
		s.children[fx.gen].signalDrain()
	case fxDrain:
		s.children[fx.gen].drain(fx.steered || s.park(fx.gen), fx.held)
		s.closeTransferred(fx.gen)
	case fxTellDrained:
		s.children[fx.gen].tellDrained()
	case fxUndrain:
		s.children[fx.gen].undrain()
	case fxSignal:
		s.children[fx.gen].signal(fx.kill)
	case fxForget:
		s.children[fx.gen].cancel()
		s.children[fx.gen].watch = nil // what it reports late is dropped
		delete(s.children, fx.gen)
	case fxNotice:
		s.notify(fx.notice)
	case fxReply:
		s.reply(fx.token, s.explain(fx.result))
	case fxDone:
		s.exit, s.ended = fx.code, true
	}
}

// notify adds to a notice what only the loop knows.
func (s *Supervisor) notify(n Notice) {
	switch v := n.(type) {
	case NoticeDrained:
		v.Report = s.notes.drains[v.Gen]
		if v.Killed && v.Busy && v.Gen == s.m.tally.relieved {
			s.notes.lost = v.Report.Busy
		}
		n = v
	case NoticeFailed:
		v.Post, v.Unready = s.postMortem(v.Gen, v.Exit), s.notes.unready[v.Gen]
		n = v
	case NoticeRolledBack:
		if !v.ByHand {
			v.Post = s.postMortem(v.Gen, v.Exit)
		}
		n = v
	case NoticeCrashed:
		v.Post = s.postMortem(v.Gen, v.Exit)
		n = v
	case NoticeNotListening:
		v.Unready = s.notes.unready[v.Gen]
		n = v
	case NoticeServing:
		v.Cutover, s.notes.lost = s.notes.cutover, 0
		n = v
		if len(v.Unserved) > 0 {
			defer s.closeUnserved()
		}
	}
	s.cfg.Notify(n)
}

// explain adds to the reply to a command what only the loop knows.
func (s *Supervisor) explain(r Result) Result {
	failed := r.Outcome == OutcomeFailed
	if failed {
		r.Post = s.postMortem(r.Gen, r.Exit)
	}
	if r.Outcome == OutcomeUnready || failed {
		r.Unready = s.notes.unready[r.Gen]
	}
	return r
}

// after has the loop run a function later.
func (s *Supervisor) after(d time.Duration, f func()) {
	time.AfterFunc(d, func() { s.post(f) })
}

// publish stores the status of now, and wakes the callers that wait for a change.
func (s *Supervisor) publish() {
	st := s.m.status()
	st.PID, st.Command, st.Beside = os.Getpid(), *s.argv.Load(), s.beside.status()
	if st.LastSwap != nil {
		swap := *st.LastSwap
		swap.CutoverUS, swap.Lost = s.notes.cutover.Microseconds(), s.notes.lost
		st.LastSwap = &swap
	}
	told := days{} // of the times in this status only
	day := func(times ...*time.Time) {
		for _, t := range times {
			if !t.IsZero() {
				*t = s.days.of(*t, &s.clock, told)
			}
		}
	}
	for i := range st.Generations {
		g := &st.Generations[i]
		d := s.notes.drains[g.ID]
		g.Connections, g.Streams, g.Settled = d.Connections, d.Streams, d.Settled
		if p := s.children[g.ID].proc.Load(); g.PID == 0 && p != nil {
			g.PID = (*p).PID() // its own code has not begun
		}
		if r := s.children[g.ID].recipe.Load(); r != nil {
			g.EnvFiles = r.env.Files
		}
		day(&g.Started)
	}
	for i := range st.Lives {
		day(&st.Lives[i].Began, &st.Lives[i].Served, &st.Lives[i].Ended)
	}
	for i := range st.Builds {
		day(&st.Builds[i].Began, &st.Builds[i].Ended)
	}
	if s.rehearsal != nil {
		if p := s.rehearsal.proc.Load(); p != nil {
			st.Rehearsal = (*p).PID()
		}
	}
	if b := st.Standby; b != nil {
		day(&b.Started)
		if p := s.standby.proc.Load(); p != nil {
			b.PID = (*p).PID()
		}
	}
	if st.Build != nil {
		day(&st.Build.Started)
		st.Build.PID = s.builder.pid()
	}
	s.days = told
	s.status.Store(&st)
	next := make(chan struct{})
	if last := s.changed.Swap(&next); last != nil {
		close(*last)
	}
}

// transport takes an event of a transport. Any goroutine may call it.
func (s *Supervisor) transport(ev handoff.Event) {
	switch ev := ev.(type) {
	case handoff.Listening:
		s.send(evListening{gen: ev.Gen, endpoint: ev.Endpoint, debugger: ev.Debugger, waits: ev.Waits})
	case handoff.Ready:
		s.send(evReady{gen: ev.Gen, by: ev.By, listens: s.cfg.Registry.Endpoints(ev.Gen)})
	case handoff.Unready:
		s.post(func() {
			if s.children[ev.Gen] != nil {
				s.notes.unready[ev.Gen] = ev.Why
			}
		})
	case handoff.ExtendTimeout:
		s.send(evExtend{gen: ev.Gen, by: ev.By})
	case handoff.ListeningUnix:
		s.send(evListening{gen: ev.Gen, unix: ev.Address})
	case handoff.Blocked:
		s.send(evBlocked{gen: ev.Gen, by: ev.By, address: ev.Address})
	case handoff.Unblocked:
		s.send(evBlocked{gen: ev.Gen})
	case handoff.TrackingLost:
		s.send(evTrackingLost{gen: ev.Gen, err: ev.Err})
	default:
		s.tell(NoticeEvent{ev})
	}
}
