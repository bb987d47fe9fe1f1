package steer

import (
	"context"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// probeEvery is the pause between two looks at whether a probe has been
// accepted, and between two attempts to connect.
const probeEvery = 10 * time.Millisecond

// Probe returns when the generation has accepted a connection on the endpoint:
// a connection of ours, from a client port that alone is steered to the
// generation's gate. It carries nothing and is closed after. A program that
// was handed its socket, and so never calls listen, shows that way that it
// serves. An error is that of ctx or of the system.
func Probe(ctx context.Context, r *handoff.Registry, gen handoff.GenID, e handoff.Endpoint) error {
	client, err := reached(ctx, r, gen, e)
	if err != nil {
		return err
	}
	defer unix.Close(client)
	return accepted(ctx, e, client)
}

// accepted waits until the server's side of the connection is some process's
// descriptor: before accept(2) it has no inode.
func accepted(ctx context.Context, e handoff.Endpoint, client int) error {
	from, err := unix.Getsockname(client)
	if err != nil {
		return err
	}
	to, err := unix.Getpeername(client)
	if err != nil {
		return nil // accepted and ended already
	}
	name := sockdiag.Name{Local: addrPort(to), Remote: addrPort(from)}
	if e.Network == "tcp6" && name.Local.Addr().Is4() { // at a dual-stack socket
		name.Local, name.Remote = mapped(name.Local), mapped(name.Remote)
	}
	diag, err := sockdiag.Open()
	if err != nil {
		return err
	}
	defer diag.Close()
	for wait := time.Millisecond; ; wait = min(2*wait, probeEvery) {
		s, there, err := diag.Lookup(name)
		if err != nil {
			return err
		}
		if !there || s.Inode != 0 || s.State != sockdiag.Established {
			return nil
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

func mapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(a.Addr().As16()), a.Port())
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
