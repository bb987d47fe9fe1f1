package ui

import (
	"fmt"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/handoff"
)

func (p *Printer) LiveReload(url string) {
	p.info("livereload", "url", url).Msgf("pages with %s reload by themselves", url)
}

func (p *Printer) LiveReloadTold(pages int, sheet string) {
	what := "reload"
	if sheet != "" {
		what = "replace " + sheet
	}
	p.debug("livereload-told", "pages", pages, "sheet", sheet).
		Msgf("%s told: %s", human.Count(pages, "page"), what)
}

func (p *Printer) LiveReloadUnavailable(at handoff.Endpoint, err error) {
	p.about(zerolog.WarnLevel, "livereload-unavailable", at, "", func(who string) string {
		why := err.Error()
		if who != "" {
			why = fmt.Sprintf("%s is in use by %s", at.Short(), who)
		}
		return fmt.Sprintf("pages do not reload: %s; end what has the port", why)
	}, "port", at.Port(), "error", err)
}
