package ui

func (p *Printer) ProjectChanged(name string) {
	p.info("file-changed").Str("file", name).Msg(name + " has changed: it counts when hotswap starts again or is upgraded (SIGUSR2)")
}
