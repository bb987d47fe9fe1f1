package ui

// Admin prints where metrics are.
func (p *Printer) Admin(url string) { p.info("admin").Str("url", url).Msgf("metrics at %s", url) }
