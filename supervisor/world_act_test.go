package supervisor

import (
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
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
		w.report(evRequest{cause: CauseChange, files: []string{string(rune('a' + arg))}, steps: stepsOf(arg), only: arg == 15})
	case 4:
		w.token++
		switch arg {
		case 14:
			w.report(evCommand{cmd: cmdStop, token: w.token})
		case 15:
			w.report(evCommand{cmd: cmdStopNow, token: w.token, code: 130})
		case 13:
			w.report(evRequest{cause: CauseCommand})
		case 11, 12:
			ev := evCommand{cmd: cmdRollback, token: w.token}
			if arg == 12 {
				ev.leaving = append(ev.leaving, w.m.last-1)
			}
			w.report(ev)
		case 9:
			w.report(evCommand{cmd: cmdHandOver, token: w.token})
		case 10:
			w.report(evCommand{cmd: cmdTakeBack, token: w.token})
		case 7:
			w.report(evInstalling{})
		case 8:
			w.report(evInstalling{limit: 30 * time.Second, own: w.build != nil})
		case 6:
			w.report(evStopFirst{})
		default:
			w.report(evRequest{cause: CauseCommand, token: w.token})
		}
	case 5, 6:
		if op == 6 && w.build != nil {
			w.built(arg%3 == 0)
			return
		}
		if op == 6 && w.inspected != 0 {
			w.inspects(arg >= 6, [...]error{nil, nil, ErrUnknown, errNoGood}[arg%4])
			return
		}
		if p := pick(func(p *process) bool { return !p.running }); p != nil {
			w.run(p, arg)
		}
	case 7:
		if p := pick(func(p *process) bool { return !p.running && !p.unbegun }); p != nil {
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
			w.report(evReady{gen: p.gen, by: "notify"})
		} else if arg > 4 && arg < 14 {
			w.stir(arg)
		} else if arg == 14 {
			w.contend(p)
		} else if p != nil && arg == 4 {
			w.report(evExtend{p.gen, 2 * time.Minute})
		} else if p != nil && arg == 15 {
			w.report(evTrackingLost{p.gen, fmt.Errorf("gone")})
		}
	case 11, 12:
		if p := pick(alive); p != nil {
			w.exit(p, [...]Exit{{}, {Code: 1}, {Signal: 9}, {Code: 1}}[arg%4], arg/8)
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
			if arg >= 8 { // else the connections cannot be watched, or there is no such program
				w.report(evQuiet{gen: p.gen})
			}
			if arg < 12 {
				w.report(evDrained{gen: p.gen})
			}
		}
	case 15:
		w.obey()
	}
}
