package proxy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// listener is where a generation listens.
type listener struct {
	at      []netip.AddrPort // that are dialled
	sockets []uint64         // the generation's, as Config.Own names them
	known   bool             // these are all; else any may answer that is not another user's
}

var (
	errSilent  = errors.New("it does not listen at the port in its variable PORT")
	errForeign = errors.New("another program listens at the port in its variable PORT")
)

// reached returns where a socket that listens at an address can be dialled.
func reached(at netip.AddrPort) (all []netip.AddrPort) {
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	if !at.Addr().IsUnspecified() {
		return append(all, at)
	}
	all = append(all, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), at.Port()))
	if at.Addr().Is6() {
		all = append(all, netip.AddrPortFrom(netip.IPv6Loopback(), at.Port()))
	}
	return all
}

// dial connects to a place. Another user may listen at another address of the same port, or take the port when the
// generation has closed its socket. Nobody else can listen at an address at which a socket does. So the socket that
// answers right before and right after the connection was made has got it.
func (c *Config) dial(ctx context.Context, l listener) (net.Conn, error) {
	d := net.Dialer{Timeout: wait.Reply}
	d.SetMultipathTCP(false)
	var errs []error
	for _, at := range l.at {
		err := c.answers(l, at)
		if err == nil {
			conn, failed := d.DialContext(ctx, "tcp", at.String())
			err = failed
			if err == nil {
				err = c.answers(l, at)
				if err == nil {
					return conn, nil
				}
				conn.Close()
			}
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// answers returns nil if it is the generation that answers at an address.
func (c *Config) answers(l listener, at netip.AddrPort) error {
	socket, others := c.Answers(at)
	switch {
	case slices.Contains(l.sockets, socket) || !l.known && !others:
		return nil
	case socket == 0:
		return errSilent
	}
	return errForeign
}
