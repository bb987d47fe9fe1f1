package machine

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// anyEvent makes an event of three bytes, about any generation, dead, alive or never begun, as no environment would
// send it.
func anyEvent(m *Machine, kind, arg byte, token report.Token) Event {
	gen, flag := GenID(max(0, int(m.last)+1-int(arg&7))), arg&8 != 0
	why := whys[int(arg>>4)%len(whys)]
	failure := &report.BuildFailure{Exit: report.Exit{Code: 1}, Step: makes[0]}
	events := [...]Event{
		Started{Gen: gen, PID: 1, Standby: flag},
		failedStart(gen, nil),
		Listening{Gen: gen, Endpoint: portA, Debugger: flag},
		Listening{Gen: gen, Endpoint: [...]handoff.Endpoint{portB, aPath, portD}[(arg>>4)%3]},
		Closed{Gen: gen, Endpoint: portA},
		Ready{Gen: gen, By: "notify"},
		Unwell{Gen: gen, Why: "answers 500"},
		Observed{Gen: gen, Report: quiet, Over: flag},
		Observed{Gen: gen, Report: report.DrainReport{Busy: 2, Streams: 1, Flowing: int(arg >> 4)}},
		Handled{Gen: gen},
		Exited{Gen: gen, Exit: report.Exit{Code: int(arg >> 4 & 1)}, Left: int(arg >> 5), Said: "why"},
		Gone{Gen: gen},
		Tick{},
		BesideEnded{},
		build.Alone{Build: int(gen)},
		build.Ended{Build: int(gen), Done: flag},
		build.Ended{Build: int(gen), Failure: failure},
		standby.Waits{Gen: gen},
		standby.Ended{Gen: gen, Why: why, Err: errNoGood},
		standby.Inspected{Gen: gen, Learn: flag, Why: why, Err: errNoGood},
		standby.Rehearsed{Learn: flag, Why: why, Err: errNoGood},
		Request{Cause: report.CauseFirst, Token: token},
		Request{Cause: report.CauseChange, Files: []string{"f"}, Steps: stepsOf(int(arg))},
		Request{Cause: report.CauseCommand, Token: token},
		Request{Cause: report.CauseClient},
		Command{Do: Rollback, Token: token},
		Command{Do: Sleep, Gen: gen},
		Command{Do: OneAtATime, Gen: gen},
		Command{Do: Stop, Token: token, Hurry: flag},
		Command{Do: StopNow, Token: token, Code: 130},
		Command{Do: Freeze, Token: token}, Command{Do: Thaw}, Command{Do: Release},
	}
	return events[int(kind)%len(events)]
}

// playAnyOrder checks what must hold whatever the machine hears: it does not panic, answers each caller once at most,
// names no generation after its Discard, asks for nothing after Done, and an event about a dead generation changes
// nothing.
func playAnyOrder(t *testing.T, data []byte) {
	if len(data) < 2 {
		return
	}
	m, now := New(policyOf(data[0]), Past{}), epoch
	dead, answered, done := map[GenID]bool{}, map[report.Token]bool{}, false
	step := func(ev Event) []Effect {
		effects := m.Step(now, ev)
		for _, fx := range effects {
			if done {
				t.Fatalf("%s after Done", sayEffect(fx))
			}
			switch fx := fx.(type) {
			case Reply:
				if answered[fx.Token] {
					t.Fatalf("%d is answered twice", fx.Token)
				}
				answered[fx.Token] = true
				continue
			case Notify:
				continue
			case Done:
				done = true
				continue
			}
			if gen := reflect.ValueOf(fx).FieldByName("Gen"); gen.IsValid() && dead[GenID(gen.Int())] {
				t.Fatalf("%s names a generation that is over", sayEffect(fx))
			}
			if over, ok := fx.(Discard); ok {
				dead[over.Gen] = true
			}
		}
		return effects
	}
	for i := 1; i+1 < min(len(data), 400); i += 2 {
		now = now.Add([...]time.Duration{0, 300 * time.Millisecond, 3 * time.Second, time.Minute}[data[i]>>6])
		ev := anyEvent(m, data[i]&63, data[i+1], report.Token(i))
		about, ok := ev.(genEvent)
		if !ok || !dead[about.On()] {
			step(ev)
			continue
		}
		step(Tick{}) // what is due anyway
		before := m.Status()
		if effects := step(ev); len(effects) > 0 || !reflect.DeepEqual(m.Status(), before) {
			t.Fatalf("%s, and that generation is over: %v", sayEvent(ev), effects)
		}
	}
}

// FuzzAnyOrder sends any event about any generation in any order.
func FuzzAnyOrder(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		data := make([]byte, 2+r.IntN(300))
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(playAnyOrder)
}
