package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/admin"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/events"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/live"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// addresses is what hotswap itself serves by HTTP.
type addresses struct {
	admin.Addresses
	metrics    *admin.Metrics // nil without --admin
	page       *live.Page     // nil without --ui
	token, url string         // of the page; "": it needs none, there is none
}

// openOwn opens what hotswap itself serves. It comes before the program starts, which may want the same address.
func (s *session) openOwn() error {
	o, from := &s.own, s.upgrade.Inherited
	o.Parent = from.Listeners
	for i, at := range []handoff.Endpoint{s.options.Admin, s.options.UI} {
		option := []string{"--admin", "--ui"}[i]
		if !at.Addr.IsValid() {
			continue
		}
		server, err := o.Open(at)
		if err != nil {
			return exit.Unavailable(fmt.Errorf("%s %s: %w", option, at.Short(), engine.Taken(at.Port(), err)))
		}
		if option == "--admin" {
			o.metrics = admin.NewMetrics(s.status)
			o.metrics.Add(server, func() bool { return s.upgrade.ChildPID() != 0 })
			s.printer.Admin(server.URL() + "/metrics")
			continue
		}
		o.url = server.URL() + "/"
		if !at.Addr.Addr().IsLoopback() {
			o.token = cmp.Or(from.Token, rand.Text()) // that of a parent, so that open pages go on
			o.url += "?token=" + o.token
		}
		o.page = live.New(live.Config{Token: o.token, Log: s.log, Mask: events.Masked, Status: s.status, Changed: func() <-chan struct{} { return s.engine.Supervisor.Changed() }, Do: s.press})
		o.page.Add(server)
		s.printer.LivePage(o.url)
	}
	o.CloseOthers()
	return nil
}

// press does what a button of the page asks for, and returns what became of that.
func (s *session) press(ctx context.Context, name string) (text string, err error) {
	do, says := s.commands.Reload, reloaded
	switch name {
	case "rollback":
		do, says = s.commands.Rollback, rolledBack
	case "pause":
		do, says = s.commands.Pause, paused
	case "resume":
		do, says = s.commands.Resume, resumed
	}
	r, err := do(ctx)
	if err == nil {
		text, err = says(r)
	}
	if err == nil && text == "" {
		err = notDone(r)
	}
	return text, err
}

// status returns the status of now.
func (s *session) status() report.Status { return s.commands.Status().(report.Status) }
