package supervisor

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// sweepEvery is the pause between two looks at gates that could not be retired
// yet: somebody still waits in their queue.
const sweepEvery = 100 * time.Millisecond

// relayGrace is how long the last answers may take to relayed clients when all
// generations have ended: those who do not read must not keep hotswap.
const relayGrace = 3 * time.Second

// loopNotes are facts that only the loop knows, for Status.
type loopNotes struct {
	cutover  time.Duration
	lost     int // by the last swap
	drains   map[GenID]DrainReport
	unready  map[GenID]string // why it is not ready, of those that say so
	sweeping bool
}

// Run carries the machine's decisions out until there is nothing left to run,
// and returns the exit code. The end of ctx is the command to stop.
func (s *Supervisor) Run(ctx context.Context) int {
	s.notes.drains, s.notes.unready = map[GenID]DrainReport{}, map[GenID]string{}
	s.timer = time.NewTimer(0)
	s.handle(func() { s.step(evRequest{cause: CauseFirst}) }) // sets the timer
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
	for _, fx := range s.m.step(s.clock.now(), ev) {
		s.do(fx)
	}
	s.setTimer()
	if gone, ok := ev.(evGone); ok {
		s.afterGone(gone.gen)
	}
}

// do carries out one effect; each is one call.
func (s *Supervisor) do(fx effect) {
	switch fx := fx.(type) {
	case fxStart:
		s.cfg.Notify(NoticeStarting{Gen: fx.gen, Cause: fx.cause})
		if fx.standby {
			s.children[fx.gen] = s.adopt(fx.stale)
		} else {
			s.children[fx.gen] = s.startChild(fx.gen)
		}
	case fxStartStandby:
		s.startStandby(fx)
	case fxPrepareStandby:
		closeOnce(s.standby.ahead.announced)
	case fxStopStandby:
		s.stopStandby(fx.now)
	case fxBuild:
		s.build(fx)
	case fxStopBuild:
		s.stopBuild(fx.now)
	case fxCutover:
		s.cutover(fx.gen, fx.percent)
	case fxRouteDebugger:
		s.routeDebugger(fx.gen, fx.endpoint)
	case fxCloseDebuggers:
		s.children[fx.gen].closeDebuggers(fx.endpoints)
	case fxDrain:
		s.children[fx.gen].drain(fx.steered || s.hold(fx.gen), fx.held)
		s.closeTransferred(fx.gen)
	case fxUndrain:
		s.children[fx.gen].undrain()
	case fxSignal:
		s.children[fx.gen].signal(fx.kill)
	case fxForget:
		s.forget(fx.gen)
	case fxNotice:
		s.notify(fx.notice)
	case fxReply:
		s.reply(fx.token, s.explainResult(fx.result))
	case fxDone:
		s.exit, s.ended = fx.code, true
	}
}

// hold takes new connections from a generation that is to end before the next
// one begins: they wait for that one. At the end of all there is none, but for
// sockets that a socket activator has too: whatever it starts next accepts from them.
func (s *Supervisor) hold(gen GenID) bool {
	if s.m.stopping {
		return s.cfg.Registry.HandBack(gen)
	}
	held, err := s.cfg.Registry.ParkConnections(gen)
	if err != nil {
		s.cfg.Notify(NoticeCutover{Gen: gen, Err: err})
	}
	return held
}

// cutover steers new connections to a generation, or that percentage of them. Where a share
// cannot be steered the generation gets nothing yet.
func (s *Supervisor) cutover(gen GenID, percent int) {
	if percent > 0 {
		if _, _, err := s.cfg.Registry.Canary(gen, percent); err != nil {
			s.cfg.Notify(NoticeCutover{Gen: gen, Err: err})
		}
		return
	}
	endpoints, took, err := s.cfg.Registry.Cutover(gen)
	if len(endpoints) == 0 {
		return
	}
	s.notes.cutover = took
	s.cfg.Notify(NoticeCutover{Gen: gen, Took: took, Err: err})
	s.sweep()
}

// routeDebugger steers a debugger's endpoint. Where that fails, debuggers find the
// generation that had the endpoint.
func (s *Supervisor) routeDebugger(gen GenID, e handoff.Endpoint) {
	if err := s.cfg.Registry.CutoverEndpoint(gen, e); err != nil {
		s.cfg.Notify(NoticeCutover{Gen: gen, Err: err})
	}
	s.sweep()
}

// closeTransferred lets debuggers go to a child hotswap, which has their endpoints.
func (s *Supervisor) closeTransferred(gen GenID) {
	if !s.cfg.Registry.Transferred() {
		return
	}
	for _, g := range s.m.gens {
		if g.ID == gen && len(g.Debuggers) > 0 {
			s.children[gen].closeDebuggers(slices.Clone(g.Debuggers))
		}
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
		if v.Why == WhyCanary {
			break // it was ready
		}
		v.Unready = s.notes.unready[v.Gen]
		n = v
	case NoticeNotListening:
		v.Unready = s.notes.unready[v.Gen]
		n = v
	case NoticeServing:
		v.Cutover, s.notes.lost = s.notes.cutover, 0
		n = v
		if len(v.Unserved) > 0 {
			defer s.abandon()
		}
	}
	s.cfg.Notify(s.explain(n))
}

func (s *Supervisor) afterGone(gen GenID) {
	delete(s.notes.drains, gen)
	delete(s.notes.unready, gen)
	s.tidy()
}

// tidy lets the gates go that nobody has any more. While nothing serves, they
// stay: clients wait in them for what comes next.
func (s *Supervisor) tidy() {
	if s.m.serving() != nil && s.m.starting() == nil && s.m.canary() == nil {
		s.abandon()
	}
	s.sweep()
}

func (s *Supervisor) abandon() {
	if closed := s.cfg.Registry.CloseUnserved(); len(closed) > 0 {
		s.cfg.Notify(NoticeAbandoned{Endpoints: closed})
	}
}

// sweep sees to the clients at gates of dead generations and retires gates, now
// and again until none is left to retire.
func (s *Supervisor) sweep() {
	s.relay()
	pending, _ := s.cfg.Registry.Sweep()
	if pending == 0 || s.notes.sweeping {
		return
	}
	s.notes.sweeping = true
	s.after(sweepEvery, func() {
		s.notes.sweeping = false
		s.sweep()
	})
}

// relay passes clients on that wait at the gate of a dead generation while
// another one serves.
func (s *Supervisor) relay() {
	if s.cfg.Relay == nil {
		return
	}
	var told []NoticeRelayed
	for _, c := range s.cfg.Registry.AcceptOrphaned(s.cfg.Relay.Room()) {
		s.cfg.Relay.Pass(c.FD)
		if last := len(told) - 1; last >= 0 && told[last].From == c.From && told[last].To == c.To {
			told[last].Count++
		} else {
			told = append(told, NoticeRelayed{From: c.From, To: c.To, Count: 1})
		}
	}
	for _, n := range told {
		s.cfg.Notify(n)
	}
}

// after has the loop run a function later.
func (s *Supervisor) after(d time.Duration, f func()) {
	time.AfterFunc(d, func() { s.post(f) })
}

func (s *Supervisor) forget(gen GenID) {
	s.children[gen].cancel()
	s.children[gen].watch = nil // what it reports late is dropped
	delete(s.children, gen)
}

// publish makes the machine's status everybody's.
func (s *Supervisor) publish() {
	st := s.m.status()
	st.PID, st.Command = os.Getpid(), s.cfg.Command
	if st.LastSwap != nil {
		swap := *st.LastSwap
		swap.CutoverUS, swap.Lost = s.notes.cutover.Microseconds(), s.notes.lost
		st.LastSwap = &swap
	}
	told := days{} // without those that are told no more
	for i := range st.Generations {
		g := &st.Generations[i]
		g.Connections, g.Started = s.notes.drains[g.ID].Connections, s.days.of(g.Started, &s.clock, told)
	}
	if st.Standby != nil {
		st.Standby.Started = s.days.of(st.Standby.Started, &s.clock, told)
		if s.standby != nil {
			if p := s.standby.proc.Load(); p != nil {
				st.Standby.PID = (*p).PID()
			}
		}
	}
	if st.Build != nil {
		st.Build.PID, st.Build.Started = s.builder.pid(), s.days.of(st.Build.Started, &s.clock, told)
	}
	for i := range st.Lives {
		l := &st.Lives[i]
		for _, t := range []*time.Time{&l.Began, &l.Served, &l.Ended} {
			if !t.IsZero() {
				*t = s.days.of(*t, &s.clock, told)
			}
		}
	}
	for i := range st.Builds {
		for _, t := range []*time.Time{&st.Builds[i].Began, &st.Builds[i].Ended} {
			if !t.IsZero() {
				*t = s.days.of(*t, &s.clock, told)
			}
		}
	}
	s.days = told
	s.status.Store(&st)
	next := make(chan struct{})
	if last := s.changed.Swap(&next); last != nil {
		close(*last)
	}
}

// transport takes what a transport tells.
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
