package ui

import "strings"

func (p *Printer) OwnWatcher(text string) { p.warn("own-watcher").Msgf("%s", text) }

func (p *Printer) OwnReload(server string, reads []string) {
	p.info("own-reload").Str("server", server).Strs("reads", reads).
		Msgf("%s reloads its own sources: hotswap swaps for %s, installs and crashes (--watch PATH adds more)", server, strings.Join(reads, ", "))
}

func (p *Printer) Pages(pattern string) {
	p.info("pages").Str("pattern", pattern).
		Msgf("Vite in the program updates its pages itself, and a swap ends that: if %[1]s is only pages, write ignore: [%[1]q], or --ignore '%[1]s'", pattern)
}

func (p *Printer) FileLeftOut(why string) {
	p.warn("file-left-out").Msgf("%s; the command of the command line runs without it", why)
}
