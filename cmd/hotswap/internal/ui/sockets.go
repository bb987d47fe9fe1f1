package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/held"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Opened prints the addresses that are open before a program serves: those of --listen and --proxy, and those that the
// socket activator has passed. Of these hotswap owns some, the program gets others as they are, and only one process at
// a time can have the last.
func (p *Printer) Opened(own []handoff.Endpoint, shared []string, single []handoff.Endpoint) {
	if declared := join(p.Listen); declared != "" {
		p.info("declared", "endpoints", declared).
			Msgf("%s is open; clients wait until generation 1 serves", declared)
	}
	if p.Proxies() {
		p.info("proxy", "endpoint", p.Proxy).
			Msgf(
				"a proxy at %s passes connections to the port that each process gets in PORT; the program sees 127.0.0.1 as its client", p.Proxy.Short())
	}
	if len(own) > 0 {
		p.info("activated", "endpoints", join(own)).
			Msgf("%s came from the socket activator; clients wait until generation 1 serves%s", join(own),
				human.If(slices.ContainsFunc(own, handoff.Endpoint.IsUnix),
					"; at a path hotswap accepts them, and copies their bytes"))
	}
	if len(shared) > 0 {
		p.info("activated", "shared", shared).
			Msgf("%s: passed on to the program unchanged; the old and the new process share it during a swap",
				strings.Join(shared, ", "))
	}
	if len(single) > 0 {
		p.warn("activated", "single", join(single)).
			Msgf(
				"%s: hotswap cannot open a second socket there, because the first one belongs to another user or the port needs a privilege. So each swap stops the old process before the new one starts, clients wait meanwhile, and there is no standby. To let the processes overlap, run hotswap as the user who opened the socket", join(single))
	}
}

func (p *Printer) Unclaimed(gen handoff.GenID, e handoff.Endpoint, text string) {
	p.warn("unclaimed", "gen", gen, "endpoint", e.Short()).
		dots(text)
}

func (p *Printer) Degraded(use string, why error) {
	p.warn("degraded", "error", why, "use", use).Msgf("%v: %s (see hotswap doctor)", why, use)
}

// about prints a line of that level about the program that listens on the port of at. who names that program, or is
// other if the program is not known. Finding the program means reading every process of the machine, so the goroutine
// of the AsyncWriter does that, and not the loop.
func (p *Printer) about(level zerolog.Level, event string, at handoff.Endpoint, other string,
	line func(who string) string, fields ...any) {
	p.Out.later(func() []byte {
		pid, name, dir := p.Owner(at)
		if pid != 0 {
			other = fmt.Sprintf("%s (process %d, in %s)", name, pid, dir)
		}
		return rendered(p.Events, p.JSON, func(log logger) {
			log.at(level, event, slices.Concat([]any{"holder", pid, "name", name}, fields)...).Msg(line(other))
		})
	})
}

// sockets prints where new connections go, and what transports report.
func (p *Printer) sockets(n report.Notice) {
	switch n := n.(type) {
	case report.NoticeCutover:
		if n.Err != nil {
			p.fail("cutover", "gen", n.Gen, "error", n.Err).
				Msgf("new connections may still reach an old generation: %v", n.Err)
			return
		}
		p.debug("cutover", "gen", n.Gen, "took_us", n.Took.Microseconds()).
			Msgf("new connections go to generation %d after %s", n.Gen, human.Duration(n.Took))
	case report.NoticeListening:
		at, what := n.Endpoint.Short(), "also serves "
		if n.Debugger {
			what = "has its debugger at "
		}
		p.info("listening", "gen", n.Gen, "endpoint", at).dots(what + at)
	case report.NoticeClosed:
		at := n.Endpoint.Short()
		p.info("closed", "gen", n.Gen, "endpoint", at).saysf("has closed %s: hotswap keeps it open no longer", at)
	case report.NoticeRelayed:
		p.info("relayed", "gen", n.To, "count", n.Count).
			Msgf("passed %s on to generation %d, who waited where nobody accepts", human.Count(n.Count, "client"), n.To)
	case report.NoticeEvent:
		p.event(n.Event)
	}
}

func (p *Printer) event(ev handoff.Event) {
	switch n := ev.(type) {
	case handoff.AddressInUse:
		p.about(levelFail, "address-in-use", n.Endpoint, "another program", func(who string) string {
			return n.Endpoint.Short() + " is in use by " + who +
				human.If(n.Last, "; further addresses in use are not reported")
		}, "gen", n.Gen, "endpoint", n.Endpoint)
	case handoff.TrackingLost:
		p.warn("tracking-lost", "gen", n.Gen, "error", n.Err).
			Msgf("hotswap cannot see what generation %d listens on, and does not hand it over: %v", n.Gen, n.Err)
	case handoff.Elsewhere:
		p.warn("elsewhere", "gen", n.Gen).
			dots("listens only at port 0, for which the kernel chooses another number each time: have it listen at $PORT, " +
				"and start hotswap with --port auto")
	case handoff.OtherPort:
		p.warn("other-port", "gen", n.Gen, "endpoint", n.Endpoint, "port", n.Port).
			saysf("listens at %s, and not at port %d of its variable PORT: have it listen at $PORT, or leave --proxy out",
				n.Endpoint.Short(), n.Port)
	case handoff.Unshared:
		p.warn("unshared", "gen", n.Gen, "address", n.Address, "error", n.Err).
			Msgf("two generations cannot have %s: from now on the old one ends before the new one starts (%v)%s",
				n.Address, n.Err,
				human.If(errors.Is(n.Err, held.ErrOwn), "; if the program can listen at $PORT, --proxy "+n.Address+
					" keeps the address open"))
	case handoff.Degraded:
		level := levelWarn
		if p.injects {
			level = levelDebug // the machine is the same for every generation
		}
		p.injects = true
		p.at(level, "sockets-injected", "gen", n.Gen, "error", n.Err, "use", n.Use).
			Msgf("%v: hotswap uses %s (see hotswap doctor)", n.Err, n.Use)
	}
}

// Signalled prints to which process a signal was passed on; 0: none handles it.
func (p *Printer) Signalled(sig syscall.Signal, pid int) {
	name := unix.SignalName(sig)
	if pid == 0 {
		p.info("unsignalled", "signal", name).Msgf("%s is not passed on: no process of the program handles it", name)
		return
	}
	p.debug("signalled", "signal", name, "pid", pid).Msgf("%s passed on to process %d", name, pid)
}
