package held

import (
	"errors"
	"net/netip"

	"github.com/hotswap-dev/hotswap/handoff"
)

const (
	version = 1
	maxLine = 4096 // bytes of a line that an adapter writes
)

// request is what an adapter writes.
type request struct {
	Type    string `json:"type"`
	Version int    `json:"version"`
	PID     int    `json:"pid"`
	ID      int    `json:"id"`
	Host    string `json:"host"`
	Port    int    `json:"port"`
	V6Only  bool   `json:"v6only"`
	Shared  bool   `json:"shared"`
	At      string `json:"at"`
	Turn    int    `json:"turn"`
	Tried   bool   `json:"tried"`
}

// answer is what hotswap writes.
type answer struct {
	Type   string `json:"type"`
	ID     int    `json:"id,omitempty"`
	At     string `json:"at,omitempty"`
	Host   string `json:"host,omitempty"`
	Port   int    `json:"port,omitempty"`
	Turn   int    `json:"turn,omitempty"`
	Code   string `json:"code,omitempty"`
	Handle bool   `json:"handle,omitempty"` // a descriptor comes along
}

var errForeign = errors.New("not an address of TCP that hotswap can hold")

// endpoint returns the address of a bind. any reports that the address was left out, so that IPv4 will do.
func (r request) endpoint() (e handoff.Endpoint, any bool, err error) {
	ip := netip.IPv6Unspecified()
	if any = r.Host == ""; !any {
		if ip, err = netip.ParseAddr(r.Host); err != nil || ip.Zone() != "" || ip.Is4In6() {
			return e, any, errForeign
		}
	}
	if r.Port <= 0 || r.Port > 65535 {
		return e, any, errForeign
	}
	e = handoff.Endpoint{Network: "tcp6", Addr: netip.AddrPortFrom(ip, uint16(r.Port)), V6Only: r.V6Only}
	if ip.Is4() {
		e.Network, e.V6Only = "tcp4", false
	}
	return e, any, nil
}
