package supervisor

import (
	"cmp"
	"os"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/machine/debugger"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// lastGrace is how long the end waits, when all generations have ended, for the last answers to relayed clients, and as
// long for hooks: a client that does not read must not keep hotswap alive.
const lastGrace = 3 * time.Second

// Run carries out the machine's decisions until nothing is left to run, and returns the exit
// code.
func (s *Supervisor) Run() int {
	s.timer = time.NewTimer(0)
	s.handle(s.begin)
	for !s.ended {
		select {
		case f := <-s.inbox:
			if f != nil {
				s.handle(f)
			}
		case <-s.timer.C:
			s.handle(func() { s.step(machine.Tick{}) })
		}
	}
	close(s.done)
	for _, reply := range s.waiters { // whom the machine has not answered
		close(reply)
	}
	s.timer.Stop()
	s.wg.Wait()
	grace := lastGrace
	if s.released.Load() { // another hotswap's generation answers still
		grace = max(grace, s.cfg.Policy.DrainTimeout)
	}
	s.cfg.Relay.Finish(grace)
	return s.exit
}

func (s *Supervisor) handle(f func()) {
	f()
	s.publish()
	s.cfg.Publish(s.status.Load())
}

// step gives an event to the machine and carries out what follows. Every event passes through step, and every effect
// through do.
func (s *Supervisor) step(ev machine.Event) {
	now := time.Now()
	effects := s.m.Step(now, ev)
	s.trace.event(now, ev)
	for _, fx := range effects {
		began := time.Now()
		s.do(fx)
		s.trace.effect(time.Since(began), fx)
	}
	if !s.m.Building() {
		for _, then := range s.then {
			s.wg.Go(then)
		}
		s.then = nil
	}
	s.cfg.Places.Tell(s.m.Places())
	if at := s.m.NextDeadline(); at.IsZero() {
		s.timer.Stop()
	} else {
		s.timer.Reset(time.Until(at))
	}
	if gone, ok := ev.(machine.Gone); ok {
		delete(s.unready, gone.Gen)
		s.retireGates()
	}
}

func (s *Supervisor) do(fx machine.Effect) {
	switch fx := fx.(type) {
	case machine.Start:
		s.start(fx)
	case machine.Cutover:
		if endpoints, took, err := s.cfg.Registry.Cutover(fx.Gen); len(endpoints) > 0 {
			s.steered = took
			s.notify(report.NoticeCutover{Gen: fx.Gen, Took: took, Err: err})
			s.sweep()
		}
	case debugger.Route:
		// debuggers find the generation that had it
		if err := s.cfg.Registry.CutoverEndpoint(fx.Gen, fx.Endpoint); err != nil {
			s.notify(report.NoticeCutover{Gen: fx.Gen, Err: err})
		}
		s.sweep()
	case debugger.Close:
		s.children[fx.Gen].closeDebuggers(fx.Endpoints)
	case machine.Drain:
		s.children[fx.Gen].drain(s.steer(fx), fx.Reserve)
	case machine.Undrain:
		s.children[fx.Gen].watch.cancel() // its connections are its own again
		s.children[fx.Gen].watch = nil
	case machine.Quiet:
		s.cfg.Places.Tell(s.m.Places()) // a program hears that it drains before it hears that it has
		s.children[fx.Gen].tellDrained()
	case machine.LeaveStreams:
		s.children[fx.Gen].watch.leave.Store(true)
	case machine.Signal:
		s.children[fx.Gen].signal(fx.Kill)
	case machine.Discard:
		s.children[fx.Gen].cancel()
		s.children[fx.Gen].watch = nil // what it reports late is dropped
		delete(s.children, fx.Gen)
	case machine.EndBeside:
		s.endBeside(fx.Now)
	case machine.Done:
		s.exit, s.ended = fx.Code, true
	case machine.Notify:
		s.notify(fx.Notice)
	case machine.Reply:
		if reply := s.waiters[fx.Token]; reply != nil {
			delete(s.waiters, fx.Token)
			reply <- s.explain(fx.Result)
		}

	case standby.Resume:
		close(s.children[fx.Gen].resumed)
	case standby.Cold:
		s.children[fx.Gen].startCold()
	case standby.Inspect:
		s.inspect(fx.Gen)
	case standby.Start:
		s.startChild(fx.Gen, partStandby, s.children[fx.Model])
	case standby.Stop:
		s.children[fx.Gen].end(fx.Now)
	case standby.Rehearse:
		s.rehearsal++
		s.startChild(s.rehearsal, partRehearsal, s.children[fx.Model])
	case standby.StopRehearsal:
		s.children[s.rehearsal].end(true)

	case build.Run:
		s.build(fx)
	case build.GoOn:
		close(s.builder.alone)
	case build.Stop:
		s.builder.cancel()
		if fx.Now {
			closeOnce(s.builder.Urgent)
		}
	}
}

func (s *Supervisor) start(fx machine.Start) {
	s.begun = fx.Gen
	s.stopInspection()
	switch {
	case fx.Standby:
		close(s.children[fx.Gen].adopted)
	case fx.Parked:
		s.startChild(fx.Gen, partParked, nil)
	default:
		s.startChild(fx.Gen, partGeneration, nil)
	}
	s.slow(fx.Gen, time.Now(), slowBoot)
}

// slowBoot is after which time people first hear that a generation boots.
const slowBoot = 5 * time.Second

// slow says that a boot takes long, and again when that has doubled.
func (s *Supervisor) slow(gen GenID, began time.Time, after time.Duration) {
	s.after(time.Until(began.Add(after)), func() {
		if s.m.Boots(gen) {
			p := s.cfg.Policy
			s.notify(report.NoticeSlow{Gen: gen, After: after, Unready: s.unready[gen],
				MayRun: s.m.Serving() == 0 && !p.Told && !p.Server && !p.Listens})
			s.slow(gen, began, 2*after)
		}
	})
}

// notify completes a notice by what only the loop knows, and delivers it. All notices pass through notify.
func (s *Supervisor) notify(n report.Notice) {
	switch v := n.(type) {
	case report.NoticeFailed:
		v.Result = s.explain(v.Result)
		n = v
		if v.Why != report.WhySuperseded {
			s.wholeNext()
		}
	case report.NoticeRolledBack:
		if !v.ByHand {
			v.Post = s.postMortem(v.Gen, v.Exit)
			v.Post.Reason = cmp.Or(v.Unwell, v.Post.Reason)
		}
		n = v
		s.wholeNext()
	case report.NoticeCrashed:
		v.Post = s.postMortem(v.Gen, v.Exit)
		n = v
		s.wholeNext()
	case report.NoticeNotListening:
		v.Unready = s.unready[v.Gen]
		v.Reason = s.cfg.Reason(report.Result{Outcome: report.OutcomeFailed, Why: report.WhyTimeout,
			Unready: v.Unready})
		n = v
	case report.NoticeServing:
		v.Cutover = s.steered
		n = v
		if len(v.Unserved) > 0 {
			s.cfg.Registry.CloseUnserved()
		}
	}
	s.deliver(n)
}

// deliver gives a complete notice to the readers, and queues the hooks that are about it.
func (s *Supervisor) deliver(n report.Notice) {
	if s.cfg.Notify(n) {
		s.happened(s.fails(n))
	}
}

// explain completes a result by what only the loop knows.
func (s *Supervisor) explain(r report.Result) report.Result {
	switch r.Outcome {
	case report.OutcomeFailed, report.OutcomeUnready, report.OutcomeSuperseded:
		if r.Build != nil {
			r.Post = r.Build.Post
		} else if r.Outcome == report.OutcomeFailed {
			r.Post = s.postMortem(r.Gen, r.Exit)
		}
		r.Unready = s.unready[r.Gen]
		r.Reason = s.cfg.Reason(r)
	}
	return r
}

func (s *Supervisor) after(d time.Duration, f func()) { time.AfterFunc(d, func() { s.post(f) }) }

// publish completes and stores the status of now, and wakes the callers that wait for a change.
func (s *Supervisor) publish() {
	st := s.m.Status()
	st.PID, st.Command, st.Beside = os.Getpid(), s.cfg.Command, s.beside.status()
	st.Paused, st.Failure, st.Name = s.paused, s.failure, s.cfg.Name
	for i := range st.Generations {
		g := &st.Generations[i]
		if l := s.children[g.ID].now.Load(); l != nil {
			g.PID, g.Program, g.LeftOut = l.PID(), l.direct.Name, l.direct.Left
		}
	}
	st.Rehearsal = s.children[s.rehearsal].pid()
	if st.Standby != nil {
		st.Standby.PID = s.children[st.Standby.Generation].pid()
	}
	if st.Build != nil {
		st.Build.PID = s.builder.PID()
	}
	last := s.changed
	s.changed = make(chan struct{})
	st.Changed = s.changed
	s.status.Store(&st)
	close(last)
}

func (s *Supervisor) transport(ev handoff.Event) {
	switch ev := ev.(type) {
	case handoff.Listening:
		s.step(machine.Listening(ev))
	case handoff.Closed:
		if !slices.Contains(s.cfg.Registry.Endpoints(ev.Gen), ev.Endpoint) { // else it listens again
			s.step(machine.Closed{Gen: ev.Gen, Endpoint: ev.Endpoint})
		}
	case handoff.Ready:
		s.step(machine.Ready{Gen: ev.Gen, By: ev.By, Listens: s.cfg.Registry.Endpoints(ev.Gen)})
	case handoff.Unready:
		if s.children[ev.Gen] != nil {
			s.unready[ev.Gen] = ev.Why
		}
	case handoff.Unwell:
		s.step(machine.Unwell{Gen: ev.Gen, Why: ev.Why})
	case handoff.Alive:
		if ev.Gen == s.m.Foremost() {
			s.cfg.Alive(ev.Word)
		}
	case handoff.Unshared:
		s.notify(report.NoticeEvent{Event: ev})
		s.step(machine.Command{Do: machine.OneAtATime})
	case handoff.TrackingLost:
		if ev.Gen == s.m.Starting() || ev.Gen == s.m.Serving() { // else its session ends with it
			s.notify(report.NoticeEvent{Event: ev})
		}
	default:
		s.notify(report.NoticeEvent{Event: ev})
	}
}

// postMortem returns what is known of the end of a generation, unless its process was never started.
func (s *Supervisor) postMortem(gen GenID, e report.Exit) (post report.PostMortem) {
	if c := s.children[gen]; c != nil && c.now.Load() != nil {
		post = c.now.Load().PostMortem(e)
	}
	return post
}
