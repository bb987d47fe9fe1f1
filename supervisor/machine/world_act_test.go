package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// act does one thing that may happen now, chosen by a byte.
func (w *world) act(b byte) {
	op, arg := b&15, int(b>>4)
	pick := func(ok func(*process) bool) *process {
		var can []*process
		for _, p := range w.procs {
			if !p.gone && ok(p) {
				can = append(can, p)
			}
		}
		if len(can) == 0 {
			return nil
		}
		return can[len(can)-1-arg%len(can)]
	}
	alive := func(p *process) bool { return p.running && !p.ended }
	switch op {
	case 0, 1:
		for range 1 + arg {
			w.deliver()
		}
	case 2:
		steps := [...]time.Duration{time.Millisecond, 20 * time.Millisecond, 300 * time.Millisecond, time.Second,
			1600 * time.Millisecond, 3 * time.Second, 8 * time.Second, 70 * time.Second}
		w.pass(steps[arg%len(steps)])
	case 3:
		w.report(Request{Cause: report.CauseChange, Files: []string{string(rune('a' + arg))}, Steps: stepsOf(arg),
			Only: arg == 15})
	case 4:
		w.token++
		events := map[int]Event{
			4: Request{Cause: report.CauseClient}, 7: Command{Do: Sleep, Gen: w.m.Serving()},
			5: Command{Do: Stop, Delay: 5 * time.Second, Token: w.token}, 6: Command{Do: OneAtATime, Gen: w.m.last},
			8: Command{Do: Release}, 9: Command{Do: Freeze, Token: w.token}, 10: Command{Do: Thaw},
			// nobody waits for the answer
			11: Command{Do: Rollback, Token: w.token}, 12: Command{Do: Rollback, Token: w.token},
			13: Request{Cause: report.CauseCommand},
			14: Command{Do: Stop, Token: w.token}, 15: Command{Do: StopNow, Code: 130, Token: w.token},
		}
		if ev, ok := events[arg]; ok {
			w.report(ev)
		} else {
			w.report(Request{Cause: report.CauseCommand, Token: w.token})
		}
	case 5, 6:
		if op == 6 && w.build != nil {
			w.built(arg%3 == 0)
			return
		}
		if op == 6 && w.inspected != 0 {
			w.inspects(arg >= 6, [...]error{nil, nil, errUnknown, errNoGood}[arg%4])
			return
		}
		if p := pick(func(p *process) bool { return !p.running }); p != nil {
			w.run(p, arg)
		}
	case 7:
		if p := pick(func(p *process) bool { return !p.running && !p.waiter }); p != nil {
			p.gone = true
			w.report(failedStart(p.gen, fmt.Errorf("no such file")))
		}
	case 8, 9:
		if p := pick(func(p *process) bool { return p.running }); p != nil {
			p.waits = arg >= 8
			w.bind(p, [...]handoff.Endpoint{portA, portB, portD, portA}[arg%4])
		}
	case 10:
		if p := pick(alive); p != nil && arg < 4 {
			w.report(Ready{Gen: p.gen, By: "notify"})
		} else if arg > 4 && arg < 13 {
			w.stir(arg)
		} else if p != nil && arg == 13 {
			w.report(Unwell{Gen: p.gen, Why: "answers 500"})
		} else if p != nil && arg == 14 {
			w.bind(p, aPath)
		} else if p != nil && arg == 15 && len(p.binds) > 0 {
			closed := p.binds[0]
			w.report(Closed{Gen: p.gen, Endpoint: closed})
			p.binds = slices.DeleteFunc(p.binds, func(e handoff.Endpoint) bool { return e == closed })
		}
	case 11, 12:
		if p := pick(alive); p != nil {
			w.exit(p, [...]report.Exit{{}, {Code: 1}, {Signal: 9}, {Code: 1}}[arg%4], arg/8)
			if arg < 4 {
				w.vanish(p)
			}
		}
	case 13:
		if p := pick(func(p *process) bool { return p.ended }); p != nil {
			w.vanish(p)
		}
	case 14:
		if p := pick(func(p *process) bool { return p.watched }); p != nil {
			p.flows = arg - 10
			if p.flows >= 0 {
				w.report(Observed{Gen: p.gen, Report: report.DrainReport{Busy: p.flows, Streams: p.flows / 2,
					Flowing: p.flows}})
			} else {
				w.drained(p)
			}
		}
	case 15:
		w.obey()
	}
}
