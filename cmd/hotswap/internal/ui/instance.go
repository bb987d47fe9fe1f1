package ui

import (
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor/record"
)

// ControlUnavailable prints that there is no control socket.
func (p *Printer) ControlUnavailable(err error) {
	p.warn("control-unavailable").Err(err).
		Msgf("%v: hotswap status, reload, rollback and stop cannot reach this hotswap", err)
}

// RecordFailed prints that the record of this run cannot be written.
func (p *Printer) RecordFailed(err error) {
	p.warn("record-failed").Err(err).
		Msgf("cannot write the record of this run: %v; if hotswap is killed, the next start does not find what is left", err)
}

// Leftovers prints how many processes of a killed hotswap were ended.
func (p *Printer) Leftovers(n int, r record.Record) {
	p.warn("leftovers").Int("processes", n).Int("pid", r.PID).Str("dir", r.Dir).Strs("command", r.Command).
		Msgf("ended %s left behind by a hotswap that was killed", human.Count(n, "process"))
}

// LeftoversWait prints that another hotswap ends the processes of a killed one.
func (p *Printer) LeftoversWait(r record.Record) {
	p.info("leftovers-wait").Int("pid", r.PID).Str("dir", r.Dir).
		Msgf("waiting for another hotswap, which ends the processes left behind by hotswap (process %d) when it was killed", r.PID)
}

// LeftoversStay prints why processes of a killed hotswap still run.
func (p *Printer) LeftoversStay(r record.Record, why error) {
	p.warn("leftovers-left").Int("pid", r.PID).Str("dir", r.Dir).Err(why).
		Msgf("processes left behind by hotswap (process %d) when it was killed still run: %v", r.PID, why)
}
