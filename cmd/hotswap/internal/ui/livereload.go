package ui

import (
	"fmt"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/handoff"
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

// LiveReloadUnavailable prints that --livereload has no effect.
func (p *Printer) LiveReloadUnavailable(at handoff.Endpoint, err error) {
	p.about(zerolog.WarnLevel, "livereload-unavailable", at, "", func(e *zerolog.Event, who string) {
		why := err.Error()
		if who != "" {
			why = fmt.Sprintf("%s is in use by %s", at.Short(), who)
		}
		e.Uint16("port", at.Port()).Err(err).Msgf("pages do not reload: %s; end what has the port", why)
	})
}
