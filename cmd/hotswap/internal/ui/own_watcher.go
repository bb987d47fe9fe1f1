package ui

import "strings"

func (p *Printer) OwnWatcher(text string) { p.warn("own-watcher").Msgf("%s", text) }

func (p *Printer) OwnReload(server string, reads []string) {
	p.info("own-reload").Str("server", server).Strs("reads", reads).
		Msgf("%s reloads its own sources: hotswap swaps for %s, installs and crashes (--watch PATH adds more)", server, strings.Join(reads, ", "))
}

func (p *Printer) FileLeftOut(why string) {
	p.warn("file-left-out").Msgf("%s; the command of the command line runs without it", why)
}

func (p *Printer) ProjectChanged(name string) {
	p.info("file-changed").Str("file", name).Msg(name + " has changed: it counts when hotswap starts again or is upgraded (SIGUSR2)")
}
