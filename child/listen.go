package child

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
)

// Listen is [net.Listen], but returns an inherited socket if the process has one at that address: from
// hotswap (--handoff listenfds), from systemd (LISTEN_FDS, sd_listen_fds(3)), from einhorn (EINHORN_FD_0) or
// from Server::Starter (SERVER_STARTER_PORT). Each inherited socket is returned once. hotswap's usual
// mechanism needs none of that: there Listen only listens.
//
// An address without a host (":4000") takes any inherited socket with that port, the one for all addresses
// first. An address with a host takes only a socket of exactly that address.
func Listen(network, address string) (net.Listener, error) {
	if f := inherited().claim(network, address, true); f != nil {
		defer f.Close() // FileListener duplicates it
		return net.FileListener(f)
	}
	l, err := net.Listen(network, address)
	return l, inherited().explain(err)
}

// ListenPacket is [net.ListenPacket] in the same way.
func ListenPacket(network, address string) (net.PacketConn, error) {
	if f := inherited().claim(network, address, false); f != nil {
		defer f.Close()
		return net.FilePacketConn(f)
	}
	c, err := net.ListenPacket(network, address)
	return c, inherited().explain(err)
}

// Inherited returns the inherited sockets that nobody has claimed. They stay open until the process ends,
// unless their Close is called.
func Inherited() []*Socket { return inherited().rest() }

// explain names the sockets that a program may have meant.
func (a *sockets) explain(err error) error {
	rest := a.rest()
	if err == nil || len(rest) == 0 {
		return err
	}
	var at []string
	for _, s := range rest {
		at = append(at, s.Addr.Network()+" "+s.Addr.String())
	}
	return fmt.Errorf("%w (the inherited sockets are at %s)", err, strings.Join(at, ", "))
}

// want is an address that a program asks for.
type want struct {
	network string
	stream  bool
	path    string // of a unix socket
	port    int
	any     bool // no host
	hosts   func() []netip.Addr
}

var errNotInherited = errors.New("no socket can be inherited for that")

// parse reads an address as package net does.
func parse(network, address string, stream bool) (want, error) {
	w := want{network: network, stream: stream}
	switch network {
	case "unix", "unixpacket", "unixgram":
		w.path = unixPath(address)
		return w, nil
	case "tcp", "tcp4", "tcp6", "udp", "udp4", "udp6":
	default:
		return w, errNotInherited
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return w, err
	}
	if w.port, err = net.LookupPort(network, service); err != nil {
		return w, err
	}
	if w.port == 0 {
		return w, errNotInherited // any free port
	}
	w.any = host == ""
	w.hosts = func() []netip.Addr { // a name is looked up only if a socket has the port
		host, zone, _ := strings.Cut(host, "%")
		if ip, err := netip.ParseAddr(host); err == nil {
			return []netip.Addr{ip.Unmap().WithZone(zone)}
		}
		ips, _ := net.LookupIP(host)
		var out []netip.Addr
		for _, ip := range ips {
			if a, ok := netip.AddrFromSlice(ip); ok {
				out = append(out, a.Unmap())
			}
		}
		return out
	}
	return w, nil
}

// unixPath makes paths comparable. An abstract name begins with @.
func unixPath(address string) string {
	if strings.HasPrefix(address, "@") {
		return address
	}
	if path, err := filepath.Abs(address); err == nil {
		return path
	}
	return address
}

// exactness returns how exactly the socket is what is wanted; 0: not at all.
func (w *want) exactness(s *Socket) int {
	var at netip.AddrPort
	switch addr := s.Addr.(type) {
	case *net.UnixAddr:
		if addr.Net == w.network && addr.Name != "" && unixPath(addr.Name) == w.path {
			return 3
		}
		return 0
	case *net.TCPAddr:
		if !w.stream {
			return 0
		}
		at = addr.AddrPort()
	case *net.UDPAddr:
		if w.stream {
			return 0
		}
		at = addr.AddrPort()
	}
	ip := at.Addr().Unmap()
	if w.path != "" || int(at.Port()) != w.port ||
		strings.HasSuffix(w.network, "4") && !ip.Is4() || strings.HasSuffix(w.network, "6") && ip.Is4() {
		return 0
	}
	switch {
	case w.any && ip.IsUnspecified() && ip.Is6():
		return 3 // as package net listens
	case w.any && ip.IsUnspecified():
		return 2
	case w.any:
		return 1
	}
	for _, host := range w.hosts() {
		if host == ip {
			return 3
		}
	}
	return 0
}
