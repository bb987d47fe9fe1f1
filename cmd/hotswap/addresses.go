package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/admin"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/live"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/outcome"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/web"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// liveAddress is where pages load the script. Tests have their own, also by the linker (-X).
var liveAddress = "127.0.0.1:35729"

// openOwn opens what hotswap itself serves. It comes before the program starts, which may want the same address.
func (s *session) openOwn() error {
	token := "" // the live page needs none
	now := func() report.Status { return s.engine.Supervisor.Now() }
	if at := s.options.Admin; at.Addr.IsValid() {
		server, err := s.own.Open(at)
		if err != nil {
			return engine.Taken("--admin", at, err)
		}
		s.metrics = admin.NewMetrics(now)
		s.metrics.Add(&server.ServeMux, func() report.Status { return s.engine.Supervisor.Recent() }, s.own.Released)
		s.printer.Admin(server.URL() + "/metrics")
	}
	if at := s.options.UI; at.Addr.IsValid() {
		server, err := s.own.Open(at)
		if err != nil {
			return engine.Taken("--ui", at, err)
		}
		s.page = server.URL() + "/"
		if !at.Addr.Addr().IsLoopback() || !web.KnowsUsers {
			token = s.own.Token
			s.page += "?token=" + token
		}
		page := live.Page{Token: token, Log: s.log, Status: now, Do: s.press}
		page.Add(&server.ServeMux)
		s.printer.LivePage(s.page)
	}
	if s.options.LiveReload {
		s.openLiveReload()
	}
	return nil
}

// openLiveReload opens both addresses of localhost, at either of which another user's script could else wait for pages.
// If one is taken, pages do not reload, and everything else goes on.
func (s *session) openLiveReload() {
	at, _ := handoff.ParseEndpoint(liveAddress)
	var servers []*web.Server
	for _, at := range []handoff.Endpoint{at,
		{Network: "tcp6", Addr: netip.AddrPortFrom(netip.IPv6Loopback(), at.Port())}} {
		server, err := s.own.Open(at)
		if err == nil {
			servers = append(servers, server)
		} else if at.Network == "tcp4" || errors.Is(err, syscall.EADDRINUSE) { // else the machine has no IPv6
			s.printer.LiveReloadUnavailable(at, err)
			return
		}
	}
	for _, server := range servers {
		s.livereload.Add(&server.ServeMux, servers[0].URL())
	}
	s.printer.LiveReload(s.livereload.Status().Script)
}

// press does what a button of the page asks for, and returns what became of that.
func (s *session) press(ctx context.Context, name string) (text string, err error) {
	var r control.Result
	switch name {
	case "reload":
		r, err = s.commands.Reload(ctx)
	case "rollback":
		r, err = s.commands.Rollback(ctx)
	case "pause":
		r, err = s.commands.Pause(ctx, 0)
	case "resume":
		r, err = s.commands.Resume(ctx, "")
	default:
		err = fmt.Errorf("the page has no button %q", name)
	}
	if err != nil {
		return "", err
	}
	return outcome.Of(name, r)
}
