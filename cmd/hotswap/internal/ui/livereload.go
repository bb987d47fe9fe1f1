package ui

import (
	"fmt"
	"net/netip"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
)

// LiveReload prints where browsers find the script that reloads their pages.
func (p *Printer) LiveReload(url string) {
	p.info("livereload").Str("url", url).Msgf("pages with %s reload by themselves", url)
}

// LiveReloadTold prints that connected pages were told to reload, or which style sheet
// they replace.
func (p *Printer) LiveReloadTold(pages int, sheet string) {
	what := "reload"
	if sheet != "" {
		what = "replace " + sheet
	}
	p.debug("livereload-told").Int("pages", pages).Str("sheet", sheet).
		Msgf("%s told: %s", human.Count(pages, "page"), what)
}

// LiveReloadUnavailable prints that --livereload has no effect. As in addressInUse, the
// goroutine of the AsyncWriter looks for the program that has the port.
func (p *Printer) LiveReloadUnavailable(port int, err error, inUse bool) {
	p.out.later(func() []byte {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
		pid, name := 0, ""
		if inUse {
			pid, name, _ = p.owner(addr.Port(), 0)
		}
		return rendered(p.json, func(log logger) {
			why := err.Error()
			switch {
			case pid != 0:
				why = fmt.Sprintf("%s is in use by %s (process %d)", addr, name, pid)
			case inUse:
				why = fmt.Sprintf("%s is in use by another program", addr)
			}
			log.warn("livereload-unavailable").Int("port", port).Err(err).Int("holder", pid).Str("name", name).
				Msgf("pages do not reload: %s; end what has the port", why)
		})
	})
}
