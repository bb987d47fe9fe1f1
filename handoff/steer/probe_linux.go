package steer

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// probeEvery is the pause between two looks at whether a probe has been
// accepted, and between two probes.
const probeEvery = 10 * time.Millisecond

// Probe returns when the generation has accepted a connection on the endpoint:
// a connection of ours, from a client port that alone is steered to the
// generation's gate. It carries nothing and is closed after. A program that
// was handed its socket, and so never calls listen, shows that way that it
// serves. An error is that of ctx or of the system.
func Probe(ctx context.Context, r *handoff.Registry, gen handoff.GenID, e handoff.Endpoint) error {
	for {
		client, err := dial(r, gen, e)
		if err == nil {
			defer unix.Close(client)
			return accepted(ctx, e, client)
		}
		if !errors.Is(err, handoff.ErrNoGate) && !errors.Is(err, unix.ECONNREFUSED) && !errors.Is(err, unix.EAGAIN) {
			return fmt.Errorf("probe %s: %w", e, err)
		}
		if err := pause(ctx, probeEvery); err != nil {
			return err
		}
	}
}

// dial connects from a port of its own, which is steered to the generation
// meanwhile. The handshake on one machine is over when connect returns.
func dial(r *handoff.Registry, gen handoff.GenID, e handoff.Endpoint) (fd int, err error) {
	family, ip := unix.AF_INET6, e.Addr.Addr()
	switch {
	case e.Network == "tcp4" || ip.Is4In6():
		family, ip = unix.AF_INET, ip.Unmap()
		if ip.IsUnspecified() {
			ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
	case ip.IsUnspecified():
		ip = netip.IPv6Loopback()
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, err
	}
	// A full queue drops the handshake: do not wait for it longer than this.
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &unix.Timeval{Sec: 1})
	if err = unix.Bind(fd, sockaddr(ip, 0)); err == nil {
		var name unix.Sockaddr
		if name, err = unix.Getsockname(fd); err == nil {
			var undo func()
			if undo, err = r.Aim(gen, e, addrPort(name).Port()); err == nil {
				err = unix.Connect(fd, sockaddr(ip, int(e.Port())))
				undo()
			}
		}
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
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

func sockaddr(ip netip.Addr, port int) unix.Sockaddr {
	if ip.Is4() {
		return &unix.SockaddrInet4{Port: port, Addr: ip.As4()}
	}
	return &unix.SockaddrInet6{Port: port, Addr: ip.As16()}
}

func addrPort(s unix.Sockaddr) netip.AddrPort {
	switch s := s.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(s.Addr), uint16(s.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(s.Addr), uint16(s.Port))
	}
	return netip.AddrPort{}
}
