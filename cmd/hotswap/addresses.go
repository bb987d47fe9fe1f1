package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/admin"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/live"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/web"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// addresses is what hotswap itself serves by HTTP.
type addresses struct {
	admin.Addresses
	metrics *admin.Metrics // nil without --admin
	url     string         // of the live page; "": there is none
}

// liveAddress is where pages load the script. Tests have their own, also by the linker (-X).
var liveAddress = "127.0.0.1:35729"

// openOwn opens what hotswap itself serves. It comes before the program starts, which may want the same address.
func (s *session) openOwn() error {
	o, token := &s.own, "" // the live page needs none
	now := func() report.Status { return s.engine.Supervisor.Now() }
	if at := s.options.Admin; at.Addr.IsValid() {
		server, err := s.openAt("--admin", at)
		if err != nil {
			return err
		}
		o.metrics = admin.NewMetrics(now)
		o.metrics.Add(server, o.Released)
		s.printer.Admin(server.URL() + "/metrics")
	}
	if at := s.options.UI; at.Addr.IsValid() {
		server, err := s.openAt("--ui", at)
		if err != nil {
			return err
		}
		o.url = server.URL() + "/"
		if !at.Addr.Addr().IsLoopback() || !web.KnowsUsers {
			o.Token = cmp.Or(o.Token, rand.Text()) // that of a parent, so that open pages go on
			o.url, token = o.url+"?token="+o.Token, o.Token
		}
		live.New(live.Config{Token: token, Log: s.log, Status: now, Do: s.press}).Add(server)
		s.printer.LivePage(o.url)
	}
	if s.options.LiveReload {
		at, _ := handoff.ParseEndpoint(liveAddress)
		if server, err := o.Open(at); err != nil { // pages do not reload, and everything else goes on
			s.printer.LiveReloadUnavailable(at, err)
		} else {
			s.livereload.Add(server, server.URL())
			s.printer.LiveReload(s.livereload.Status().Script)
		}
	}
	return nil
}

// openAt opens the server at the address of an option.
func (s *session) openAt(option string, at handoff.Endpoint) (*admin.Server, error) {
	server, err := s.own.Open(at)
	if err != nil {
		return nil, exit.Unavailable(fmt.Errorf("%s %s: %w", option, at.Short(), engine.Taken(at, err)))
	}
	return server, nil
}

// press does what a button of the page asks for, and returns what became of that.
func (s *session) press(ctx context.Context, name string) (string, error) {
	do := map[string]func(context.Context) (control.Result, error){
		"reload": s.commands.Reload, "rollback": s.commands.Rollback, "pause": s.commands.Pause, "resume": s.commands.Resume,
	}[name]
	if do == nil {
		return "", fmt.Errorf("the page has no button %q", name)
	}
	r, err := do(ctx)
	if err != nil {
		return "", err
	}
	return outcomes[name].of(r)
}
