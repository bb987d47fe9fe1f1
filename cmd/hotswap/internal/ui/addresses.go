package ui

import (
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func (p *Printer) Admin(url string) { p.info("admin").Str("url", url).Msgf("metrics at %s", url) }

func (p *Printer) LivePage(url string) { p.info("live-page").Str("url", url).Msgf("live page %s", url) }

// UnservedPage prints where a browser sees why nothing serves, of the addresses that the program has or the port that it is
// told. The query has the token that the browser needs.
func (p *Printer) UnservedPage(at []handoff.Endpoint, told int, query string) {
	st := report.Status{Port: told}
	for _, e := range at {
		if !e.IsUnix() {
			st.Endpoints = append(st.Endpoints, report.EndpointStatus{Network: e.Network, Address: e.Address()})
		}
	}
	if len(st.Endpoints) > 0 {
		url := URL(st) + "/" + query
		p.info("unserved-page").Str("url", url).Msgf("a browser sees why nothing serves at %s", url)
	}
}
