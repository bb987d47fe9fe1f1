package machine

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// policyOf reads a policy from a byte.
func policyOf(b byte) Policy {
	p := Policy{Watching: b&1 != 0, ExplicitReady: b&12 == 12}
	if b&2 != 0 {
		p.Strategy = StopFirst
	}
	if b&32 != 0 {
		p.Probation = 2 * time.Second
	}
	if b&80 == 80 {
		p.StreamTimeout = 20 * time.Second
	}
	p.DrainForever = b&128 != 0
	if b&12 == 8 {
		p.MaxCrashes = 1 + int(b>>6&1)
	}
	p.Warm, p.Portless = b&20 != 4, b&9 == 1
	return p
}

// play lets a world go as the bytes say, and then come to rest.
func play(t *testing.T, data []byte) *world {
	if len(data) < 2 {
		return nil
	}
	p := policyOf(data[0])
	w := newWorld(t, p)
	if data[1]&128 != 0 {
		w.always, w.a.everything = makes, true
	}
	w.fails = data[1]&64 != 0
	w.report(Request{Cause: report.CauseFirst})
	w.deliver()
	for _, b := range data[2:min(len(data), 400)] {
		if w.done {
			break
		}
		w.act(b)
	}
	kind := program(data[1]) % programCount
	w.rest(kind)
	w.alive(kind)
	return w
}

// FuzzMachine looks for an order of plausible events that breaks an invariant
// or puts the machine to sleep.
func FuzzMachine(f *testing.F) {
	f.Add([]byte{0, 0, 0x05, 0x01, 0x08, 0x01, 0x03, 0x01, 0x05, 0x01, 0x08, 0x01})
	f.Add([]byte{1, 1, 0x05, 0x01, 0x08, 0x01, 0x1b, 0x21, 0x05, 0x01, 0x18, 0x21, 0x42})
	f.Add([]byte{2, 0, 0x05, 0x01, 0x08, 0x01, 0x03, 0x01, 0x0e, 0x01, 0x0f, 0x01})
	f.Add([]byte{17, 2, 0x05, 0x08, 0x21, 0x9b, 0x11, 0x05, 0x11, 0xe4, 0x01})
	f.Fuzz(func(t *testing.T, data []byte) { play(t, data) })
}

// randomWorld is a world in which most things go well, for otherwise few
// generations ever serve, and nothing that comes later is met.
func randomWorld(r *rand.Rand) []byte {
	weights := [16]int{22, 5, 9, 4, 3, 10, 5, 1, 12, 4, 4, 3, 1, 4, 6, 8}
	data := []byte{byte(r.Uint32()), byte(r.Uint32())}
	for range r.IntN(200) {
		n, op := r.IntN(100), 0
		for ; op < 15 && n >= weights[op]; op++ {
			n -= weights[op]
		}
		arg := r.IntN(16)
		if op == 4 && (arg == 8 || arg > 13) && r.IntN(8) > 0 { // stop
			arg = 0
		}
		data = append(data, byte(arg<<4|op))
	}
	return data
}

// TestRandomWorlds plays many worlds, each from a fixed seed.
func TestRandomWorlds(t *testing.T) {
	phases := map[string]int{}
	for seed := range 1500 {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		if w := play(t, randomWorld(r)); w != nil {
			phases[w.m.Status().State]++
		}
	}
	t.Logf("at rest: %v", phases)
	for _, p := range []string{report.PhaseServing, report.PhaseWaiting, report.PhaseStopped, report.PhaseStarting} {
		if phases[p] == 0 {
			t.Errorf("no world came to rest %s: the worlds are too tame", p)
		}
	}
}

// FuzzMachineHostile sends any event about any generation in any order, which no
// environment does. The machine may end up anywhere, but it keeps its invariants
// and does not panic.
func FuzzMachineHostile(f *testing.F) {
	f.Add([]byte{0, 0, 0x10, 0x12, 0x14, 0x15})
	f.Add([]byte{1, 0x10, 0x12, 0x24, 0x25, 0x17, 0x3b})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 2 {
			return
		}
		p := policyOf(data[0])
		s := newStory(t, p)
		if data[0]&33 == 33 {
			s.everything()
		}
		s.hostile, s.silent = true, true // such events are counted
		s.on(Request{Cause: report.CauseFirst})
		for i, b := range data[1:min(len(data), 200)] {
			gen, next := max(0, s.m.last-GenID(b>>4&3)), s.m.last+1-GenID(b>>4&1)
			flag, token := int(b>>6&1), report.Token(i+1)
			if at := s.m.NextDeadline(); b&15 == 9 && !at.IsZero() {
				s.now = later(s.now, at)
			}
			for at, ev := range []Event{
				0:  Started{Gen: gen, PID: 1, Standby: flag == 1},
				1:  failedStart(gen, nil),
				2:  Listening{Gen: gen, Endpoint: portA, Debugger: flag == 1},
				3:  Listening{Gen: gen, Endpoint: [...]handoff.Endpoint{portB, aPath}[b>>7]},
				4:  Exited{gen, report.Exit{Code: flag}, int(b >> 7), "why"},
				5:  Gone{gen},
				6:  [...]Event{Drained{Gen: gen}, Handled{Gen: gen}, Observed{Gen: gen, Over: true}, Observed{Gen: gen, Report: report.DrainReport{Busy: 2, Streams: 1 + flag, Flowing: flag}}}[b>>6],
				7:  [...]Event{TrackingLost{gen, nil}, standby.Rehearsed{Learn: i&4 != 0, Why: standby.Failed}}[b>>7],
				8:  Ready{Gen: gen},
				9:  [...]Event{Tick{}, BesideEnded{}}[flag], // too early, perhaps
				10: [...]Event{build.Ended{Build: s.builds - flag}, build.Ended{Build: s.builds, Failure: &report.BuildFailure{Exit: report.Exit{Code: 1}, Step: makes[0]}}}[b>>7],
				11: [...]Event{standby.Waits{Gen: next}, standby.Ended{Gen: next, Why: [...]standby.Why{standby.Asked, standby.Refused, standby.Failed, standby.Unknown}[i%4], Err: errNoGood}}[flag],
				12: [...]Event{Request{Cause: report.CauseChange, Files: []string{"f"}}, Request{Cause: report.CauseCommand, Token: token}}[flag],
				13: anInspection(gen, i&4 != 0, [...]error{nil, nil, errUnknown, errNoGood}[i&3]),
				14: Extend{gen, 1e9 * time.Duration(b>>4)},
				15: append(slices.Repeat([]Event{Command{Do: Rollback, Token: token}, Freeze{token}, Thaw{}, Thaw{}}, 4)[:14], Command{Do: Stop, Token: token, Hurry: i&1 == 1}, Command{Do: StopNow, Token: token, Code: 130})[b>>4],
			} {
				if at == int(b&15) {
					s.on(ev)
				}
			}
			if b&15 == 14 {
				s.now = s.now.Add(1e9)
			}
		}
	})
}
