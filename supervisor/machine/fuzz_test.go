package machine

import (
	"math/rand/v2"
	"testing"
	"time"

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
	p.Warm, p.Portless, p.Server, p.Listens = b&20 != 4, b&9 == 1, b&25 == 16, b&25 == 24
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
	for _, p := range []string{report.PhaseServing, report.PhaseWaiting, report.PhaseStopped, report.PhaseStarting} {
		if phases[p] == 0 {
			t.Errorf("no world came to rest %s: the worlds are too tame", p)
		}
	}
}
