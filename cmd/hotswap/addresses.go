package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/admin"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/events"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/live"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/upgrade"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// addresses is what hotswap itself serves by HTTP. Options with the same address share a server.
type addresses struct {
	servers []*admin.Server
	asked   []upgrade.Listener // by the order of servers
	metrics *admin.Metrics     // nil without --admin
	page    *live.Page         // nil without --ui
	token   string             // of the page; "": it needs none
	url     string             // of the page
}

// open opens the address of an option, or finds its server or its listener among those of a parent.
func (o *addresses) open(option string, at handoff.Endpoint, parent []upgrade.Listener) (*admin.Server, error) {
	if i := slices.IndexFunc(o.asked, func(l upgrade.Listener) bool { return l.Asked == at.String() }); i >= 0 {
		return o.servers[i], nil
	}
	fd := 0
	if i := slices.IndexFunc(parent, func(l upgrade.Listener) bool { return l.Asked == at.String() }); i >= 0 {
		fd = parent[i].FD
	}
	s, err := admin.Open(at, fd)
	if err != nil {
		return nil, exit.Unavailable(fmt.Errorf("%s %s: %w", option, at.Short(), engine.Taken(at.Port(), err)))
	}
	o.servers, o.asked = append(o.servers, s), append(o.asked, upgrade.Listener{Asked: at.String(), FD: s.FD()})
	return s, nil
}

// openPage opens the live page. Its token is that of a parent, so that open pages go on.
func (s *session) openPage() error {
	o, at := &s.own, s.options.UI
	server, err := o.open("--ui", at, s.upgrade.Inherited.Listeners)
	if err != nil {
		return err
	}
	o.url = server.URL() + "/"
	if !at.Addr.Addr().IsLoopback() {
		o.token = cmp.Or(s.upgrade.Inherited.Token, rand.Text())
		o.url += "?token=" + o.token
	}
	o.page = live.New(live.Config{Token: o.token, Log: s.log, Mask: events.Masked, Status: s.status, Changed: func() <-chan struct{} { return s.engine.Supervisor.Changed() }, Do: s.press})
	o.page.Add(server)
	s.printer.LivePage(o.url)
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

// openOwn opens what hotswap itself serves. It comes before the program starts, which may want the same address.
func (s *session) openOwn() error {
	parent := s.upgrade.Inherited.Listeners
	if at := s.options.Admin; at.Addr.IsValid() {
		server, err := s.own.open("--admin", at, parent)
		if err != nil {
			return err
		}
		s.own.metrics = admin.NewMetrics(s.status)
		s.own.metrics.Add(server, func() bool { return s.upgrade.ChildPID() != 0 })
		s.printer.Admin(server.URL() + "/metrics")
	}
	if s.options.UI.Addr.IsValid() {
		if err := s.openPage(); err != nil {
			return err
		}
	}
	for _, l := range parent { // another hotswap.yaml may ask for other addresses
		if !slices.Contains(s.own.asked, l) {
			_ = syscall.Close(l.FD)
		}
	}
	return nil
}

// serve starts to answer.
func (o *addresses) serve() {
	for _, s := range o.servers {
		s.Serve()
	}
}

// leave accepts no more.
func (o *addresses) leave() {
	for _, s := range o.servers {
		s.Leave()
	}
}

// Time for the last answers: of a hotswap that ends, and of one whose child answers already.
const lastAnswers, lastOfParent = 500 * time.Millisecond, 10 * time.Second

// closeOwn ends what is open.
func (s *session) closeOwn() {
	within := lastAnswers
	if s.upgrade.ChildPID() != 0 {
		within = lastOfParent
	}
	for _, server := range s.own.servers {
		server.Close(within)
	}
}
