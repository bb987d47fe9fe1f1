package supervisor

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// TestAcceptHasNoHoles: what an event does in a state is a decision, not an
// oversight.
func TestAcceptHasNoHoles(t *testing.T) {
	for s := StateStarting; s < stateCount; s++ {
		for k := range kindCount {
			if hole := accept[s][k] == nil; hole {
				t.Errorf("%v × %v: hole: %v", s, k, hole)
			}
		}
	}
}

func TestArrows(t *testing.T) {
	for s := State(0); s <= stateCount; s++ {
		for next := State(0); next <= stateCount; next++ {
			if s.mayBecome(next) && (s == StateExited || s == StateFailed || next == StateStarting || s == next) {
				t.Errorf("%v may become %v", s, next)
			}
		}
	}
}

// TestStep: one event in one situation, and all its effects.
func TestStep(t *testing.T) {
	swap := evRequest{cause: CauseCommand, token: 1}
	for _, c := range []struct {
		name   string
		policy Policy
		given  []event
		event  event
		want   string
	}{
		{"begin twice", dev, []event{begin}, begin, ""},
		{"stop before anything", dev, nil, evCommand{cmd: cmdStop, token: 1}, `
			! stopping, 0 alive, now false
			reply 1: stopped 0
			done 0`},
		{"stop now before anything", dev, nil, evCommand{cmd: cmdStopNow, code: 130}, `
			! stopping, 0 alive, now true
			done 130`},
		{"a batch before begin starts", dev, nil, save("a"), `
			start 1 change a
			arm 1 ready 1m0s`},
		{"start failed, nothing serves", dev, []event{begin}, failedStart(1, errors.New("no")), `
			! 1 failed: not started; wait
			forget 1`},
		{"start failed beside one that serves", dev, []event{begin, evStarted{gen: 1, pid: 1}, evListening{gen: 1, endpoint: portA, debugger: false, waits: false}, swap},
			failedStart(2, errors.New("no")), `
			! 2 failed: not started; keeps 0s 1
			reply 1: failed 2
			forget 2`},
		{"swap answered when it serves", dev, []event{begin, evStarted{gen: 1, pid: 1}, evListening{gen: 1, endpoint: portA, debugger: false, waits: false}, swap, evStarted{gen: 2, pid: 2}},
			evListening{gen: 2, endpoint: portA, debugger: false, waits: false}, `
			cutover 2
			drain 1
			! 2 serves [4000] for command after 0s by listen, replaces 1, unserved []
			reply 1: serves 2
			arm 1 stop 7s
			arm 1 kill 10s`},
		{"swap superseded", dev, []event{begin, evStarted{gen: 1, pid: 1}, evListening{gen: 1, endpoint: portA, debugger: false, waits: false}, swap}, save("a"), `
			signal 2
			! 2 failed: superseded; start
			start 3 change a
			arm 2 kill 1s
			arm 3 ready 1m0s`},
		{"swap answered by what superseded it", dev, []event{begin, evStarted{gen: 1, pid: 1}, evListening{gen: 1, endpoint: portA, debugger: false, waits: false}, swap, save("a")},
			failedStart(3, errors.New("no")), `
			! 3 failed: not started; keeps 0s 1
			reply 1: failed 3
			forget 3`},
		{"an unwatched server ends with code 0", Policy{}, []event{begin, evStarted{gen: 1, pid: 1}, evListening{gen: 1, endpoint: portA, debugger: false, waits: false}},
			evExited{1, Exit{}, 0}, `
			! 1 finished; done`},
		{"a watched server ends with code 0", dev, []event{begin, evStarted{gen: 1, pid: 1}, evListening{gen: 1, endpoint: portA, debugger: false, waits: false}},
			evExited{1, Exit{}, 0}, `
			! 1 crashed: exit 0, 0 left; restart
			start 2 crash
			arm 2 ready 1m0s`},
		{"a program that never listened ends with code 0", dev, []event{begin, evStarted{gen: 1, pid: 1}, evReady{gen: 1, by: "notify"}},
			evExited{1, Exit{}, 2}, `
			kill 1
			! 1 finished; wait
			arm 1 kill 1s`},
		{"nobody saw it end", dev, []event{begin, evStarted{gen: 1, pid: 1}}, evGone{gen: 1}, `
			! 1 failed: exited; wait
			forget 1`},
		{"nobody saw the serving one end", dev, []event{begin, evStarted{gen: 1, pid: 1}, evListening{gen: 1, endpoint: portA, debugger: false, waits: false}}, evGone{gen: 1}, `
			! 1 crashed: exit unseen, 0 left; restart
			forget 1
			start 2 crash
			arm 2 ready 1m0s`},
		{"a second gate on an endpoint that is served", dev, []event{begin, evStarted{gen: 1, pid: 1}, evListening{gen: 1, endpoint: portA, debugger: false, waits: false}},
			evListening{gen: 1, endpoint: portA, debugger: false, waits: false}, `
			cutover 1`},
		{"killed before it ran", dev, []event{begin, evCommand{cmd: cmdStopNow}}, evStarted{gen: 1, pid: 1}, `
			kill 1`},
		{"told to stop before it ran", dev, []event{begin, save("a"), evDrained{gen: 1}}, evStarted{gen: 1, pid: 1}, `
			signal 1`},
		{"a batch after stop", dev, []event{begin, evCommand{cmd: cmdStop}}, save("a"), ""},
		{"an event about one long gone", dev, []event{begin, failedStart(1, nil)}, evDrained{gen: 1}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			newStory(t, c.policy).on(c.given...).quiet().on(c.event).want("0.000 " + sayEvent(c.event) + c.want)
		})
	}
}

func TestTickTooEarly(t *testing.T) {
	s := newStory(t, dev).on(begin).boot(1, portA).on(save("a")).boot(2, portB)
	s.after(time.Second).on(evListening{gen: 2, endpoint: portB, debugger: false, waits: false}).quiet()
	if s.on(evTick{}); s.m.serving().ID != 1 || s.m.tally.Bugs != 0 {
		t.Errorf("serving %d, tally %+v", s.m.serving().ID, s.m.tally)
	}
	if s.after(1500 * time.Millisecond); s.m.serving().ID != 2 {
		t.Error("the deadline that was set anew did not count")
	}
}

func TestEventsThatCannotBe(t *testing.T) {
	s := newStory(t, dev).on(begin)
	var bugs []string
	s.m.bug = func(why string) { bugs = append(bugs, why) }
	s.on(evStarted{gen: 9, pid: 1}, evDrained{gen: 1}, evReady{gen: 0, by: ""})
	if len(bugs) != 3 || s.m.tally.Bugs != 3 {
		t.Errorf("complaints %q, tally %+v", bugs, s.m.tally)
	}
}

func TestNothingAfterDone(t *testing.T) {
	s := newStory(t, dev).on(evCommand{cmd: cmdStop})
	if fx := s.m.step(s.now, evRequest{cause: CauseCommand, token: 1}); fx != nil {
		t.Errorf("effects %v", fx)
	}
	s.phase(PhaseStopped)
}

func TestWantMerge(t *testing.T) {
	w := startRequest{cause: CauseCrash}
	w.merge(startRequest{cause: CauseChange, files: []string{"a", "b"}, tokens: []token{1}})
	w.merge(startRequest{cause: CauseCrash})
	w.merge(startRequest{cause: CauseChange, files: []string{"b", "c"}, tokens: []token{2}})
	if w.cause != CauseChange || !slices.Equal(w.files, []string{"a", "b", "c"}) || !slices.Equal(w.tokens, []token{1, 2}) {
		t.Errorf("merged to %+v", w)
	}
}

// TestAuditorSees: the invariants are worth something only if they can fail.
func TestAuditorSees(t *testing.T) {
	for name, spoil := range map[string]func(*machine) []effect{
		"two serve": func(m *machine) []effect {
			m.gens = append(m.gens, &Generation{ID: 1, State: StateServing})
			return nil
		},
		"no deadline":     func(m *machine) []effect { m.gens[0].State = StateDraining; return nil },
		"lost its place":  func(m *machine) []effect { m.gens[0].State = StateFailed; return nil },
		"against arrows":  func(m *machine) []effect { m.gens[0].State = StateStarting; return nil },
		"signal":          func(*machine) []effect { return []effect{fxSignal{gen: 1}} },
		"kill":            func(*machine) []effect { return []effect{fxSignal{gen: 1, kill: true}} },
		"steer elsewhere": func(*machine) []effect { return []effect{fxCutover{gen: 2}} },
		"reply unasked":   func(*machine) []effect { return []effect{fxReply{token: 4}} },
		"done early":      func(*machine) []effect { return []effect{fxDone{}} },
		"own timers":      func(m *machine) []effect { m.gens[0].due.kill = epoch; return nil },
		"silent command":  func(m *machine) []effect { m.stopping = true; return nil },
		"held alone":      func(m *machine) []effect { m.gens[0].State = StateHeld; return nil },
		"two start": func(m *machine) []effect {
			m.gens = append(m.gens, &Generation{ID: 1, State: StateStarting}, &Generation{ID: 1, State: StateStarting})
			return nil
		},
		"held and killed": func(m *machine) []effect {
			m.gens = append(m.gens, &Generation{ID: 2, State: StateHeld})
			return []effect{fxSignal{gen: 2, kill: true}}
		},
		"held and stopped": func(m *machine) []effect {
			m.gens = append(m.gens, &Generation{ID: 2, State: StateHeld})
			return []effect{fxSignal{gen: 2}}
		},
		"serves and drains": func(*machine) []effect { return []effect{fxDrain{gen: 1, steered: true}} },
		"undrained idly":    func(*machine) []effect { return []effect{fxUndrain{1}} },
		"held for ever": func(m *machine) []effect {
			m.gens = append(m.gens, &Generation{ID: 1, State: StateHeld})
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serving(t, dev)
			effects := spoil(s.m)
			if s.a.check(s.m, s.now, save(), effects) == nil {
				t.Error("not seen")
			}
		})
	}
}

// TestAuditorSeesTransitions: what is wrong only after what was before.
func TestAuditorSeesTransitions(t *testing.T) {
	steerTo := func(id GenID) func(*machine) {
		return func(m *machine) {
			for _, g := range m.gens {
				g.State, g.due = StateFailed, deadlines{}
				if g.ID == id {
					g.State = StateServing
				}
			}
		}
	}
	for name, c := range map[string]struct {
		given func(*testing.T) *story
		spoil func(*machine)
		event event
		sees  bool
	}{
		"the held one is forgotten in a crash": {
			func(t *testing.T) *story { return onProbation(t, trial) }, steerTo(0), evExited{2, crash, 0}, true},
		"the held one serves again in a crash": {
			func(t *testing.T) *story { return onProbation(t, trial) }, steerTo(1), evExited{2, crash, 0}, false},
		"the held one serves again for nothing": {
			func(t *testing.T) *story { return onProbation(t, trial) }, steerTo(1), save("b"), true},
		"one that drains serves again for nothing": {
			func(t *testing.T) *story { return serving(t, dev).on(save("a")).boot(2, portA) }, steerTo(1), save("b"), true},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.given(t)
			c.spoil(s.m)
			clear(s.a.drains)
			if err := s.a.check(s.m, s.now, c.event, nil); (err != nil) != c.sees {
				t.Errorf("seen: %v", err)
			}
		})
	}
}
