package supervisor

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// policyOf reads a policy from a byte.
func policyOf(b byte) Policy {
	p := Policy{Watching: b&1 != 0, ExplicitReady: b&12 == 12, MaxDraining: 1 + int(b>>4&1)}
	if b&2 != 0 {
		p.Strategy = StopFirst
	}
	if b&32 != 0 {
		p.Probation = 2 * time.Second
	}
	p.DrainForever, p.ExitOnCrash = b&128 != 0, b&12 == 8
	p.Warm = b&20 != 4
	p.DrainSignal = b&5 == 5
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
	w.report(evRequest{cause: CauseFirst})
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
		if op == 4 && arg > 13 && r.IntN(8) > 0 { // stop
			arg = 0
		}
		data = append(data, byte(arg<<4|op))
	}
	return data
}

// TestRandomWorlds plays many worlds, each from a fixed seed.
func TestRandomWorlds(t *testing.T) {
	n := 6000
	if testing.Short() {
		n = 500
	}
	phases := map[string]int{}
	for seed := range n {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		if w := play(t, randomWorld(r)); w != nil {
			phases[w.m.status().State]++
		}
	}
	t.Logf("at rest: %v", phases)
	for _, p := range []string{PhaseServing, PhaseWaiting, PhaseStopped, PhaseStarting} {
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
			s.builds()
		}
		s.m.bug, s.silent = nil, true // such events are counted
		s.on(evRequest{cause: CauseFirst})
		for i, b := range data[1:min(len(data), 200)] {
			gen := max(0, s.m.last-GenID(b>>4&3))
			flag := int(b >> 6 & 1)
			switch b & 15 {
			case 0:
				s.on(evStarted{gen: gen, pid: 1, standby: flag == 1})
			case 1:
				s.on(failedStart(gen, nil))
			case 2:
				s.on(evListening{gen: gen, endpoint: portA, debugger: flag == 1, waits: false})
			case 3:
				s.on(evListening{gen: gen, endpoint: portB, debugger: false, waits: false})
			case 4:
				s.on(evExited{gen, Exit{Code: flag}, int(b >> 7)})
			case 5:
				s.on(evGone{gen})
			case 6:
				if flag == 1 {
					s.on(evQuiet{gen: gen})
				}
				s.on(evDrained{gen: gen})
			case 7:
				switch b >> 4 {
				case 5:
					s.on(evBuilt{build: s.m.builds})
				case 6:
					s.on(evBuilt{build: s.m.builds - 1})
				case 7:
					s.on(evBuilt{build: s.m.builds, failure: &BuildFailure{Exit: Exit{Code: 1}, step: makes[0]}})
				case 8, 9, 10:
					s.on(evStandbyReady{gen: s.m.last + 1 - GenID(b>>4&1)})
				case 11, 12, 13, 14, 15:
					s.on(evStandbyEnded{gen: s.m.last + 1 - GenID(b>>4&1), why: [...]standbyEnd{standbyAsked, standbyRefused, standbyFailed, standbyUnknown}[i%4], err: errors.New("ended")})
				case 4:
					s.on(evInspected{gen: gen, learn: i&4 != 0, err: [...]error{nil, nil, ErrUnknown, errNoGood}[i&3]})
				case 3:
					s.on(evRehearsed{learn: i&4 != 0, why: standbyFailed})
				default:
					s.on(evTrackingLost{gen, nil})
				}
			case 8:
				s.on(evReady{gen: gen, by: ""})
			case 9, 10:
				if at := s.m.nextDeadline(); !at.IsZero() {
					s.now = later(s.now, at)
					s.on(evTick{})
				}
			case 11:
				if b>>4 == 14 {
					s.on(evBlocked{gen: gen, by: gen - 1})
				}
				if b>>4 == 15 {
					s.on(evBlocked{gen: gen})
				}
				if b>>4 == 13 {
					s.on(evListening{gen: gen, unix: "/u"})
				}
				s.on(evTick{}) // too early, perhaps
			case 12:
				s.on(evRequest{cause: CauseChange, files: []string{"f"}})
			case 13:
				s.on(evRequest{cause: CauseCommand, token: token(i + 1)})
			case 14:
				s.on(evExtend{gen, 1e9 * time.Duration(b>>4)})
				s.now = s.now.Add(1e9)
			case 15:
				if b>>4 < 4 {
					s.on(evCommand{cmd: cmdRollback, token: token(i + 1)})
				}
				if b>>4 == 13 || b>>4 == 14 {
					s.on(evCommand{cmd: cmdHandOver + commandKind(i&1), token: token(i + 1)})
				}
				if b>>4 == 15 {
					s.on(evCommand{cmd: cmdStop + commandKind(i&1), token: token(i + 1), code: 130})
				}
			}
		}
	})
}
