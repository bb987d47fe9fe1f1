package ui

func (p *Printer) Admin(url string) { p.info("admin").Str("url", url).Msgf("metrics at %s", url) }

func (p *Printer) LivePage(url string) { p.info("live-page").Str("url", url).Msgf("live page %s", url) }
