package readiness

import (
	"net/netip"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
)

func TestMatch(t *testing.T) {
	at := func(network, addr string) handoff.Endpoint {
		return handoff.Endpoint{Network: network, Addr: netip.MustParseAddrPort(addr)}
	}
	var (
		lo4   = at("tcp4", "127.0.0.1:4000")
		any4  = at("tcp4", "0.0.0.0:4000")
		lo6   = at("tcp6", "[::1]:4000")
		any6  = at("tcp6", "[::]:4000")
		other = at("tcp4", "127.0.0.1:4001")
		only6 = any6
	)
	only6.V6Only = true
	for _, c := range []struct {
		host string
		in   []handoff.Endpoint
		want handoff.Endpoint // zero: none
	}{
		{"127.0.0.1", []handoff.Endpoint{other, any6, any4, lo4}, lo4},
		{"127.0.0.1", []handoff.Endpoint{other, any6, any4}, any4},
		{"127.0.0.1", []handoff.Endpoint{other, lo6, any6}, any6},
		{"127.0.0.1", []handoff.Endpoint{other, lo6, only6}, handoff.Endpoint{}},
		{"127.0.0.1", nil, handoff.Endpoint{}},
		{"::1", []handoff.Endpoint{lo4, any4, lo6}, lo6},
		{"::1", []handoff.Endpoint{lo4, any4, only6}, only6},
		{"::1", []handoff.Endpoint{lo4, any4}, handoff.Endpoint{}},
		{"localhost", []handoff.Endpoint{lo6, other}, lo6},
		{"localhost", []handoff.Endpoint{lo4, lo6}, lo4},
		{"shop.localhost", []handoff.Endpoint{any6}, any6},
		{"0.0.0.0", []handoff.Endpoint{lo6, lo4}, lo4},
		{"0.0.0.0", []handoff.Endpoint{lo4, any4}, any4},
		{"0.0.0.0", []handoff.Endpoint{any6}, any6},
		{"0.0.0.0", []handoff.Endpoint{lo6}, handoff.Endpoint{}},
		{"::", []handoff.Endpoint{lo6}, lo6},
		{"192.0.2.1", []handoff.Endpoint{lo4}, handoff.Endpoint{}},
		{"192.0.2.1", []handoff.Endpoint{lo4, any4}, any4},
		{"example.org", []handoff.Endpoint{any4, any6}, handoff.Endpoint{}},
	} {
		if got, ok := Match(c.host, 4000, c.in); got != c.want || ok != (c.want != handoff.Endpoint{}) {
			t.Errorf("%s among %v is %v, want %v", c.host, c.in, got, c.want)
		}
	}
}
