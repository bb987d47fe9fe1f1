package livereload

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/web"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// trusted reports whether a client may be told: a page of this machine, or a program that is no browser and sends
// neither an origin nor a mode (Sec-Fetch-Mode). The name of any other host may lead to this machine, too, but then its
// owner decides what such a page does. A page of such a host asks without an origin if its own port is hotswap's.
func trusted(host, origin, mode string) bool {
	if origin == "" {
		return mode == "" && web.OwnHost(host)
	}
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && web.OwnHost(host) && web.OwnHost(u.Host)
}

// serves reports whether the pages of this origin, which is trusted, are those of a program that serves there.
func serves(there []report.EndpointStatus, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	ip, _ := netip.ParseAddr(u.Hostname()) // invalid: a name of this machine
	return slices.ContainsFunc(there, func(e report.EndpointStatus) bool {
		at, err := netip.ParseAddrPort(e.Address)
		if err != nil || e.Debugger || !strings.HasPrefix(e.Network, "tcp") || strconv.Itoa(int(at.Port())) != port {
			return false
		}
		host := at.Addr().Unmap()
		return host.IsUnspecified() || host == ip.Unmap() || !ip.IsValid() && host.IsLoopback()
	})
}
