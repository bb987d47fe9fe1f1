package ui

// ProjectChanged prints that the project's file has changed, which hotswap does not read again.
func (p *Printer) ProjectChanged(name string) {
	p.info("file-changed").Str("file", name).Msg(name + " has changed: it counts when hotswap starts again or is upgraded (SIGUSR2)")
}
