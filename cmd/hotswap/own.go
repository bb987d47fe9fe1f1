package main

import (
	"fmt"
	"slices"
	"syscall"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/admin"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/upgrade"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// addresses is what hotswap itself serves by HTTP. Options with the same address share a server.
type addresses struct {
	servers []*admin.Server
	asked   []upgrade.Listener // by the order of servers
	metrics *admin.Metrics     // nil without --admin
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
	o.servers, o.asked = append(o.servers, s), append(o.asked, upgrade.Listener{Asked: at.String(), FD: s.FD})
	return s, nil
}

// openOwn opens what hotswap itself serves. It comes before the program starts, which may want the same address.
func (s *session) openOwn() error {
	parent := s.upgrade.Inherited.Listeners
	if at := s.options.Admin; at.Addr.IsValid() {
		server, err := s.own.open("--admin", at, parent)
		if err != nil {
			return err
		}
		s.own.metrics = admin.NewMetrics(func() report.Status { return s.commands.Status().(report.Status) })
		s.own.metrics.Add(server)
		s.printer.Admin(server.URL() + "/metrics")
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

// close ends what is open.
func (o *addresses) close() {
	for _, s := range o.servers {
		s.Close()
	}
}
