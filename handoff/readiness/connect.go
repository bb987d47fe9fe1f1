package readiness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Connector makes a connection to the generation, and never to another.
type Connector func(ctx context.Context, gen handoff.GenID) (net.Conn, error)

// errNotThere says that the generation does not listen yet. Trying again soon is cheap.
var errNotThere = errors.New("it does not listen")

// AtGate connects, by dial, to the generation's own gate at host and port, which is one of its endpoints.
func AtGate(host string, port uint16, endpoints func(handoff.GenID) []handoff.Endpoint,
	dial func(context.Context, handoff.GenID, handoff.Endpoint) (net.Conn, error)) Connector {
	return func(ctx context.Context, gen handoff.GenID) (net.Conn, error) {
		e, ok := Match(host, port, endpoints(gen))
		if !ok {
			return nil, fmt.Errorf("%w on %s", errNotThere, net.JoinHostPort(host, strconv.Itoa(int(port))))
		}
		return dial(ctx, gen, e)
	}
}

// Plainly connects to the address, where no two generations listen at a time.
func Plainly(host string, port uint16) Connector {
	if IsLocalhost(host) {
		host = "localhost"
	}
	addr := net.JoinHostPort(host, strconv.Itoa(int(port)))
	return func(ctx context.Context, _ handoff.GenID) (net.Conn, error) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", addr)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return nil, fmt.Errorf("%w on %s", errNotThere, addr)
		}
		return conn, err
	}
}

// IsLocalhost reports whether host is localhost or below it, such as shop.localhost (RFC 6761, 6.3), which
// programs that look at the Host header need.
func IsLocalhost(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// Match returns the endpoint that a client of host and port would reach: the most exact one.
func Match(host string, port uint16, endpoints []handoff.Endpoint) (best handoff.Endpoint, ok bool) {
	addrs := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}
	if !IsLocalhost(host) {
		ip, err := netip.ParseAddr(host)
		if err != nil {
			return best, false
		}
		addrs = []netip.Addr{ip.Unmap()}
	}
	for _, ip := range addrs {
		// of the address's own family
		asked := handoff.Endpoint{Network: "tcp6", Addr: netip.AddrPortFrom(ip, port), V6Only: true}
		for _, e := range endpoints {
			switch {
			case !asked.Excludes(e): // it has no such client
			case e.Addr.Addr().Unmap() == ip:
				return e, true
			case !ok || e.Hides(best):
				best, ok = e, true
			}
		}
	}
	return best, ok
}
