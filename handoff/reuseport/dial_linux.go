package reuseport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
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
func Dial(ctx context.Context, r *Registry, gen handoff.GenID, e handoff.Endpoint) (net.Conn, error) {
	fd, _, err := dialUntilCertain(ctx, r, gen, e, false)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "dialed")
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("dial generation %d at %s: %w", gen, e, err)
	}
	return conn, nil
}

// dialUntilCertain connects until the connection certainly is the generation's. The caller closes the
// descriptor. listened says that the generation has listened, so that its closed listener is an error.
func dialUntilCertain(ctx context.Context, r *Registry, gen handoff.GenID, e handoff.Endpoint, listened bool) (int, sockdiag.Name, error) {
	for {
		if err := ctx.Err(); err != nil {
			return -1, sockdiag.Name{}, err
		}
		fd, conn, err := dial(r, gen, e)
		if err == nil {
			return fd, conn, nil
		}
		if listened && r.Closed(gen, e) {
			return -1, conn, ErrListenerClosed
		}
		again := []error{ErrNoGate, errUncertain, unix.ECONNREFUSED, unix.ETIMEDOUT, unix.EAGAIN}
		if !slices.ContainsFunc(again, func(target error) bool { return errors.Is(err, target) }) {
			return -1, conn, fmt.Errorf("reach generation %d at %s: %w", gen, e, err)
		}
		if err := wait.For(ctx, probeEvery); err != nil {
			return -1, conn, err
		}
	}
}

// errUncertain says that the connection may have gone to another gate.
var errUncertain = errors.New("the group changed while the connection was made")

// dial makes one attempt.
func dial(r *Registry, gen handoff.GenID, e handoff.Endpoint) (fd int, conn sockdiag.Name, err error) {
	if e.IsUnix() {
		fd, err = dialUnix(r, gen, e)
		return fd, conn, err
	}
	ip := e.Addr.Addr().Unmap()
	switch {
	case !ip.IsUnspecified():
		return dialAt(r, gen, e, ip)
	case ip.Is4():
		return dialAt(r, gen, e, r.loopback4(e))
	}
	// Many containers have IPv6 without addresses: a program can listen on the unspecified one, and has
	// clients of IPv4 only.
	if fd, conn, err = dialAt(r, gen, e, netip.IPv6Loopback()); errors.Is(err, unix.EADDRNOTAVAIL) && !e.V6Only {
		return dialAt(r, gen, e, r.loopback4(e))
	}
	return fd, conn, err
}

// loopback4 returns an address of loopback by which the endpoint of all addresses is reached, and no gate of a single one.
func (r *Registry) loopback4(e handoff.Endpoint) netip.Addr {
	first := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.groups[handoff.Endpoint{Network: "tcp4", Addr: netip.AddrPortFrom(first, e.Port())}] != nil {
		return first.Next()
	}
	return first
}

// dialUnix connects to the gate that the generation opened last.
func dialUnix(r *Registry, gen handoff.GenID, e handoff.Endpoint) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var mine []*Gate
	if g := r.groups[e]; g != nil {
		mine = accepting(g.listeners(gen))
	}
	if len(mine) == 0 {
		return -1, fmt.Errorf("probe %s: %w", e, ErrNoGate)
	}
	return unixpath.Dial(e, mine[len(mine)-1].inode)
}

func dialAt(r *Registry, gen handoff.GenID, e handoff.Endpoint, ip netip.Addr) (fd int, conn sockdiag.Name, err error) {
	fd, err = unix.Socket(sockets.Family(ip), unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_TCP)
	if err != nil {
		return -1, conn, err
	}
	if err = unix.Bind(fd, sockets.Address(ip, 0)); err == nil {
		var name unix.Sockaddr
		if name, err = unix.Getsockname(fd); err == nil {
			var unpin func() bool
			conn = sockdiag.Name{Local: netip.AddrPortFrom(ip, e.Port()), Remote: sockdiag.AddrPort(name)}
			if unpin, err = r.PinPort(gen, e, conn); err == nil {
				err = connect(fd, sockets.Address(ip, int(e.Port())))
				if !unpin() && err == nil {
					err = errUncertain
				}
			}
		}
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, conn, err
	}
	return fd, conn, nil
}

// handshake bounds one attempt: a full queue drops it.
const handshake = time.Second

// connect is connect(2) within handshake. It polls, because a blocking call with a timeout (SO_SNDTIMEO) ends
// at any signal (signal(7)), and Go's runtime sends itself many.
func connect(fd int, to unix.Sockaddr) error {
	if err := unix.Connect(fd, to); err != unix.EINPROGRESS {
		return err
	}
	for end := time.Now().Add(handshake); ; {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		n, err := unix.Poll(fds, int(max(0, time.Until(end)).Milliseconds()))
		switch {
		case err != nil && err != unix.EINTR:
			return err
		case n > 0:
			code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
			if err == nil && code != 0 {
				err = unix.Errno(code)
			}
			return err
		case !time.Now().Before(end):
			return unix.ETIMEDOUT
		}
	}
}
