package ui

import "strings"

// OwnWatcher prints that the command restarts the program on a change of a file itself, and
// what to write instead.
func (p *Printer) OwnWatcher(text string) { p.warn("own-watcher").Msgf("%s", text) }

// OwnReload prints that the server reloads its own sources, and for which files hotswap swaps.
func (p *Printer) OwnReload(server string, reads []string) {
	p.info("own-reload").Str("server", server).Strs("reads", reads).
		Msgf("%s reloads its own sources: hotswap swaps for %s, installs and crashes (--watch PATH adds more)", server, strings.Join(reads, ", "))
}

// Pages prints that Vite in the program updates its pages itself.
func (p *Printer) Pages(pattern string) {
	p.info("pages").Str("pattern", pattern).
		Msgf("Vite in the program updates its pages itself, and a swap ends that: if %[1]s is only pages, write ignore: [%[1]q], or --ignore '%[1]s'", pattern)
}

// FileLeftOut prints why hotswap.yaml does not count.
func (p *Printer) FileLeftOut(why string) {
	p.warn("file-left-out").Msgf("%s; the command of the command line runs without it", why)
}

// FolderMoved prints that the program's folder is another one from now on.
func (p *Printer) FolderMoved(dir, to string) {
	p.info("folder").Str("folder", to).Msgf("%s is %s now: processes start there", dir, to)
}
