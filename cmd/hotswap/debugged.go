package main

import (
	"context"
	"net/netip"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/debugged"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// stopped returns a process of the serving generation that stands in a debugger, or nil.
func (s *session) stopped(ctx context.Context, st supervisor.Status) *changes.Stop {
	if st.Generation == 0 {
		return nil
	}
	var inspectors []netip.AddrPort
	for _, e := range st.Endpoints {
		if at, err := netip.ParseAddrPort(e.Address); err == nil && e.Debugger && e.Generation == st.Generation {
			inspectors = append(inspectors, at)
		}
	}
	return (*changes.Stop)(debugged.Find(ctx, s.engine.Supervisor.Tree(ctx), inspectors))
}
