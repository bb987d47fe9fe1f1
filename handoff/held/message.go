package held

import (
	"cmp"
	"errors"
	"net/netip"

	"github.com/hotswap-dev/hotswap/handoff"
)

// bind asks for an address.
type bind struct {
	ID     int    `json:"id"`
	Host   string `json:"host"`
	Port   int    `json:"port"`
	V6Only bool   `json:"v6only"`
	Shared bool   `json:"shared"`
}

// unbound says that the program has closed a socket.
type unbound struct {
	ID    int    `json:"id"`
	At    string `json:"at"`
	Tried bool   `json:"tried"`
}

// atAddress says something of an address.
type atAddress struct {
	At   string `json:"at"`
	Turn int    `json:"turn"`
}

// answer is what hotswap writes.
type answer struct {
	Type string `json:"type"`
	ID   int    `json:"id,omitempty"`
	At   string `json:"at,omitempty"`
	Host string `json:"host,omitempty"`
	Port int    `json:"port,omitempty"`
	Turn int    `json:"turn,omitempty"`
	Code string `json:"code,omitempty"`
}

var errForeign = errors.New("not an address of TCP that hotswap can hold")

// endpoint returns the address of a bind.
func (r bind) endpoint() (handoff.Endpoint, error) {
	ip, err := netip.ParseAddr(cmp.Or(r.Host, "::"))
	if err != nil || ip.Zone() != "" || ip.Is4In6() || r.Port <= 0 || r.Port > 65535 {
		return handoff.Endpoint{}, errForeign
	}
	return handoff.At("tcp", netip.AddrPortFrom(ip, uint16(r.Port)), r.V6Only), nil
}
