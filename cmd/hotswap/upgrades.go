package main

import (
	"cmp"
	"strconv"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/events"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/ui"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/upgrade"
)

// upgrades returns what upgrades need of this session. What is frozen first is released last: people hear that a child has
// taken over when it has the addresses, and before the streams of events end.
func (s *session) upgrades(parentEnded func()) upgrade.Config {
	e := s.engine
	return upgrade.Config{
		Parts:      []upgrade.Freezable{e.Supervisor, s.instance, upgrade.OnRelease(s.refer), e.Registry, e.Places, &s.own, s.tty, s.activation},
		Supervisor: e.Supervisor, Reporter: s.printer, Reason: ui.Failure, Pending: s.changes.Pending, ParentEnded: parentEnded, GiveBack: e.Places.GiveBack,
		Refusal: func() error { return cmp.Or(events.Upgradable(s.options.Events), e.Upgradable(), s.tty.Upgradable()) },
	}
}

// refer refers people, the service manager and clients to the child. The manager accepts MAINPID from the present main
// process only.
func (s *session) refer() {
	pid := s.upgrade.ChildPID()
	s.printer.Upgraded(pid)
	s.notifier.Send("MAINPID=" + strconv.Itoa(pid))
	s.notifier.Close()
	s.log.End()
}
