package handoff

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// GenID numbers the generations of a program from 1. Zero is hotswap itself.
type GenID int

// Endpoint is an address that the program serves in hotswap's network namespace, as the program asked for it:
// a wildcard stays a wildcard. It is the key of a reuseport group, because the kernel groups sockets by family, V6ONLY,
// address and port (inet_reuseport_add_sock). The endpoint of a unix stream socket has only a Network and a Path.
type Endpoint struct {
	Network string         // "tcp4", "tcp6", "udp4", "udp6" or "unix"
	Addr    netip.AddrPort // as given to bind(2); the port is never 0
	V6Only  bool           // IPv6 only: IPV6_V6ONLY was set when the socket was bound
	Path    string         // unix only: absolute, in hotswap's mount namespace, through no symbolic link
}

// At returns the endpoint of an address of "tcp" or "udp"; v6only counts of IPv6 alone.
func At(protocol string, addr netip.AddrPort, v6only bool) Endpoint {
	if addr.Addr().Is4() {
		return Endpoint{Network: protocol + "4", Addr: addr}
	}
	return Endpoint{Network: protocol + "6", Addr: addr, V6Only: v6only}
}

// IsUnix reports whether the endpoint is a path.
func (e Endpoint) IsUnix() bool { return e.Path != "" }

// IsUDP reports whether the endpoint gets datagrams: it has no connections, and nothing listens.
func (e Endpoint) IsUDP() bool { return strings.HasPrefix(e.Network, "udp") }

// ErrEndpoint is wrapped by every error of [ParseEndpoint].
var ErrEndpoint = errors.New("not an address to listen on")

// ParseEndpoint reads "4000", ":4000", "127.0.0.1:4000", "[::1]:4000" or "localhost:4000". A port alone means the
// wildcard of both families, which is the tcp6 wildcard without V6Only. An error does not name s.
func ParseEndpoint(s string) (Endpoint, error) {
	bad := func(why string) (Endpoint, error) {
		return Endpoint{}, fmt.Errorf("%w: %s (try 4000, :4000 or 127.0.0.1:4000)", ErrEndpoint, why)
	}
	if _, err := strconv.Atoi(s); err == nil {
		s = ":" + s
	}
	host, portText, err := net.SplitHostPort(s)
	if err != nil || s[0] == '[' && !strings.Contains(host, ":") {
		return bad("not of the form HOST:PORT, with an IPv6 address in brackets")
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil || port == 0 {
		return bad("the port is not a number from 1 to 65535")
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(cmp.Or(host, "::"))
	if err != nil {
		return bad("the host is not an IP address")
	}
	return At("tcp", netip.AddrPortFrom(ip.Unmap(), uint16(port)), false), nil
}

// Port returns the endpoint's port, 1 to 65535; 0 for a path.
func (e Endpoint) Port() uint16 { return e.Addr.Port() }

// Compare orders endpoints by port, address and path.
func (e Endpoint) Compare(o Endpoint) int {
	return cmp.Or(cmp.Compare(e.Port(), o.Port()), e.Addr.Compare(o.Addr), cmp.Compare(e.Path, o.Path))
}

// Excludes reports whether sockets that do not share can have only one of two endpoints.
func (e Endpoint) Excludes(o Endpoint) bool {
	if e.IsUnix() || o.IsUnix() {
		return e == o
	}
	if e.Port() != o.Port() || e.IsUDP() != o.IsUDP() {
		return false
	}
	x, y := e.Addr.Addr().Unmap(), o.Addr.Addr().Unmap()
	return x == y || e.dual() || o.dual() || x.Is4() == y.Is4() && (x.IsUnspecified() || y.IsUnspecified())
}

// Hides reports whether clients of both endpoints get to this one (inet_lhash2_lookup): a single address before all of
// them, all of one family before all of both.
func (e Endpoint) Hides(o Endpoint) bool {
	return e != o && !e.IsUDP() && e.Excludes(o) && (!e.Addr.Addr().IsUnspecified() || o.dual() && !e.dual())
}

// Moved reports whether an address of the first list is lost to the second, and hides one of those.
func Moved(from, to []Endpoint) bool {
	return slices.ContainsFunc(from, func(e Endpoint) bool {
		return !slices.Contains(to, e) && slices.ContainsFunc(to, e.Hides)
	})
}

// dual reports whether the endpoint is the wildcard of both families.
func (e Endpoint) dual() bool {
	return strings.HasSuffix(e.Network, "6") && !e.V6Only && e.Addr.Addr() == netip.IPv6Unspecified()
}

// Listen listens there in hotswap's own name, and never by MPTCP, of which programs know nothing.
func (e Endpoint) Listen() (net.Listener, error) {
	network := e.Network
	if e.dual() {
		network = "tcp" // both families
	}
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	return config.Listen(context.Background(), network, e.Address())
}

// Deserted reports whether nobody listens at a unix socket's path.
func Deserted(path string) bool {
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// Address returns the address and port, or the path.
func (e Endpoint) Address() string {
	if e.IsUnix() {
		return e.Path
	}
	return e.Addr.String()
}

// String returns the endpoint in full, "tcp4 127.0.0.1:4000" or "unix /run/app.sock".
func (e Endpoint) String() string {
	s := e.Network + " " + e.Address()
	if e.V6Only {
		s += " v6only"
	}
	return s
}

// Short returns ":4000" for a wildcard, else the address and port, or the path. UDP adds "/udp".
func (e Endpoint) Short() string {
	s := e.Address()
	if !e.IsUnix() && e.Addr.Addr().IsUnspecified() {
		s = ":" + strconv.Itoa(int(e.Port()))
	}
	if e.IsUDP() {
		s += "/udp"
	}
	return s
}
