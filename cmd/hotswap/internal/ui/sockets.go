package ui

import (
	"fmt"
	"strings"
	"syscall"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Declared prints which addresses are open before the first generation runs.
func (p *Printer) Declared(endpoints []handoff.Endpoint) {
	if len(endpoints) > 0 {
		p.info("declared").Str("endpoints", join(endpoints)).
			Msgf("%s is open; clients wait until generation 1 serves", join(endpoints))
	}
}

// Activated prints the addresses that the socket activator has passed: those that
// hotswap owns, those that the program gets as they are, and those that only one
// process at a time can have.
func (p *Printer) Activated(own []handoff.Endpoint, shared []string, single []handoff.Endpoint) {
	if len(own) > 0 {
		p.info("activated").Str("endpoints", join(own)).
			Msgf("%s came from the socket activator; clients wait until generation 1 serves", join(own))
	}
	if len(shared) > 0 {
		p.info("activated").Strs("shared", shared).
			Msgf("%s: passed on to the program unchanged; the old and the new process share it during a swap", strings.Join(shared, ", "))
	}
	if len(single) > 0 {
		p.warn("activated").Str("single", join(single)).
			Msgf("%s: hotswap cannot open a second socket there, because the first one belongs to another user or the port needs a privilege. So each swap stops the old process before the new one starts, clients wait meanwhile, and there is no standby. To let the processes overlap, run hotswap as the user who opened the socket", join(single))
	}
}

// Unclaimed prints that a generation does not serve an address that the socket activator
// or --listen has opened.
func (p *Printer) Unclaimed(gen handoff.GenID, e handoff.Endpoint, text string) {
	p.warn("unclaimed").Int("gen", int(gen)).Str("endpoint", e.Short()).
		Msgf("generation %d %s", gen, text)
}

// Proxied prints that connections pass through hotswap.
func (p *Printer) Proxied() {
	if p.proxied != (handoff.Endpoint{}) {
		p.info("proxy").Stringer("endpoint", p.proxied).
			Msgf("a proxy at %s passes connections to the port that each process gets in PORT; the program sees 127.0.0.1 as its client", p.proxied.Short())
	}
}

// otherPort prints that a generation does not listen at the port that the proxy connects to.
func (p *Printer) otherPort(n handoff.OtherPort) {
	p.warn("other-port").Int("gen", int(n.Gen)).Stringer("endpoint", n.Endpoint).Int("port", n.Port).
		Msgf("generation %d listens at %s, and not at port %d of its variable PORT: have it listen at $PORT, or leave --proxy out", n.Gen, n.Endpoint.Short(), n.Port)
}

// Degraded prints that hotswap does not use its best mechanism, and what it uses instead.
func (p *Printer) Degraded(use string, why error) {
	p.warn("degraded").Err(why).Str("use", use).Msgf("%v: %s (see hotswap doctor)", why, use)
}

// relayed prints that clients moved on which waited at a gate that no program accepts from.
func (p *Printer) relayed(n report.NoticeRelayed) {
	from := fmt.Sprintf("generation %d", n.From)
	switch n.From {
	case n.To:
		from = "a listener that the program has closed"
	case reuseport.Parent:
		from = "the hotswap before the upgrade"
	case 0:
		from = "a generation" // at an address where none served
	}
	p.info("relayed").Int("from", int(n.From)).Int("gen", int(n.To)).Int("count", n.Count).
		Msgf("passed %s on to generation %d, who waited for %s", human.Count(n.Count, "client"), n.To, from)
}

// about prints a line of that level about the program that listens on the port of at. who names that program, or is other
// if the program is not known. Finding the program means reading every process of the machine, so the goroutine of the
// AsyncWriter does that, and not the loop.
func (p *Printer) about(level zerolog.Level, event string, at handoff.Endpoint, other string, line func(e *zerolog.Event, who string)) {
	p.out.later(func() []byte {
		pid, name, dir := p.owner(at)
		if pid != 0 {
			other = fmt.Sprintf("%s (process %d, in %s)", name, pid, dir)
		}
		return rendered(p.stream, p.json, func(log logger) { line(log.at(level, event).Int("holder", pid).Str("name", name), other) })
	})
}

// addressInUse prints which program listens on an address that this program wanted.
func (p *Printer) addressInUse(n handoff.AddressInUse) {
	p.about(zerolog.ErrorLevel, "address-in-use", n.Endpoint, "another program", func(e *zerolog.Event, who string) {
		e.Int("gen", int(n.Gen)).Stringer("endpoint", n.Endpoint).
			Msgf("%s is in use by %s%s", n.Endpoint.Short(), who, human.If(n.Last, "; further addresses in use are not reported"))
	})
}

// Signalled prints which process of the program got a signal.
func (p *Printer) Signalled(sig syscall.Signal, pid int) {
	p.debug("signalled").Str("signal", options.SignalName(sig)).Int("pid", pid).
		Msgf("%s passed on to process %d", options.SignalName(sig), pid)
}

// Unsignalled prints that no process of the program handles a signal.
func (p *Printer) Unsignalled(sig syscall.Signal) {
	p.info("unsignalled").Str("signal", options.SignalName(sig)).
		Msgf("%s is not passed on: no process of the program handles it", options.SignalName(sig))
}
