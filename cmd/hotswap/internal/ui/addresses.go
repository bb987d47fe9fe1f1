package ui

// Admin prints where metrics are.
func (p *Printer) Admin(url string) { p.info("admin").Str("url", url).Msgf("metrics at %s", url) }

// LivePage prints where the live page is, with the token that it may need.
func (p *Printer) LivePage(url string) { p.info("live-page").Str("url", url).Msgf("live page %s", url) }
