package reuseport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/handoff/unixpath"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Dial makes a TCP connection to the generation's own gate, even if it is not steered to. It tries until ctx
// ends, because the generation may not listen yet. It returns when the kernel has queued the connection; the
// program may not have accepted it.
//
// The connection comes from a client port that is pinned to the gate ([Registry.PinPort]) until the handshake
// is over. If a member left the group meanwhile, an index may have named another gate: then the connection is
// closed unused, and Dial makes another.
//
// An unspecified address is reached by the loopback address of its family, or by that of IPv4 if the endpoint
// is of both and IPv6 has none. A listener at that very loopback address would get the connection instead,
// because the kernel prefers it.
func (r *Registry) Dial(ctx context.Context, gen handoff.GenID, e handoff.Endpoint) (net.Conn, error) {
	conn, _, err := dialUntilCertain(ctx, r, gen, e, false)
	return conn, err
}

// dialUntilCertain connects until the connection certainly is the generation's. listened says that the generation
// has listened, so that its closed listener is an error.
func dialUntilCertain(ctx context.Context, r *Registry, gen handoff.GenID, e handoff.Endpoint, listened bool) (net.Conn,
	sockdiag.Name, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, sockdiag.Name{}, err
		}
		conn, name, err := dial(ctx, r, gen, e)
		if err == nil {
			return conn, name, nil
		}
		if listened && r.Closed(gen, e) {
			return nil, name, ErrListenerClosed
		}
		again := []error{ErrNoGate, errUncertain, unix.ECONNREFUSED, unix.ETIMEDOUT, os.ErrDeadlineExceeded,
			context.DeadlineExceeded, unix.EAGAIN}
		if !slices.ContainsFunc(again, func(target error) bool { return errors.Is(err, target) }) {
			return nil, name, fmt.Errorf("reach generation %d at %s: %w", gen, e, err)
		}
		if err := wait.For(ctx, probeEvery); err != nil {
			return nil, name, err
		}
	}
}

// errUncertain says that the connection may have gone to another gate.
var errUncertain = errors.New("the group changed while the connection was made")

// dial makes one attempt.
func dial(ctx context.Context, r *Registry, gen handoff.GenID, e handoff.Endpoint) (conn net.Conn, name sockdiag.Name,
	err error) {
	if e.IsUnix() {
		conn, err = dialUnix(r, gen, e)
		return conn, name, err
	}
	ip := e.Addr.Addr().Unmap()
	if !ip.IsUnspecified() {
		return dialAt(ctx, r, gen, e, ip)
	}
	if !ip.Is4() {
		// Many containers have IPv6 without addresses: a program can listen on the unspecified one, and has
		// clients of IPv4 only.
		conn, name, err = dialAt(ctx, r, gen, e, netip.IPv6Loopback())
		if e.V6Only || !errors.Is(err, unix.EADDRNOTAVAIL) {
			return conn, name, err
		}
	}
	return dialAt(ctx, r, gen, e, r.loopback4(e))
}

// loopback4 returns an address of loopback by which the endpoint of all addresses is reached, and no gate of a single
// one.
func (r *Registry) loopback4(e handoff.Endpoint) netip.Addr {
	first := netip.MustParseAddr("127.0.0.1")
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.groups[handoff.At("tcp", netip.AddrPortFrom(first, e.Port()), false)] != nil {
		return first.Next()
	}
	return first
}

// dialUnix connects to the gate that the generation opened last.
func dialUnix(r *Registry, gen handoff.GenID, e handoff.Endpoint) (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	mine := accepting(r.findLocked(e).listeners(gen))
	if len(mine) == 0 {
		return nil, ErrNoGate
	}
	gate := mine[len(mine)-1]
	if gate.hidden != 0 {
		return unixpath.DialFor(nil, gate.hidden)
	}
	return unixpath.Dial(e, gate.inode)
}

// handshake bounds one attempt: a full queue drops it.
const handshake = time.Second

func dialAt(ctx context.Context, r *Registry, gen handoff.GenID, e handoff.Endpoint, ip netip.Addr) (conn net.Conn,
	name sockdiag.Name, err error) {
	to := netip.AddrPortFrom(ip, e.Port())
	var unpin func() (held bool) // nil: nothing is pinned
	d := net.Dialer{Timeout: handshake, Control: func(_, _ string, c syscall.RawConn) (err error) {
		gone := c.Control(func(fd uintptr) {
			err = unix.Bind(int(fd), sockets.Address(ip, 0))
			if err != nil {
				return
			}
			from, _ := unix.Getsockname(int(fd))
			name = sockdiag.Name{Local: to, Remote: sockdiag.AddrPort(from)}
			unpin, err = r.PinPort(gen, e, name)
		})
		return cmp.Or(err, gone)
	}}
	conn, err = d.DialContext(ctx, "tcp", to.String())
	if unpin != nil && !unpin() && err == nil {
		conn.Close()
		err = errUncertain
	}
	return conn, name, err
}
