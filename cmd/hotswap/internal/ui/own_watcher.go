package ui

// OwnWatcher prints that the command restarts the program on a change of a file itself, and
// what to write instead.
func (p *Printer) OwnWatcher(text string) { p.warn("own-watcher").Msgf("%s", text) }

// FileLeftOut prints why hotswap.yaml does not count.
func (p *Printer) FileLeftOut(why string) {
	p.warn("file-left-out").Msgf("%s; the command of the command line runs without it", why)
}

// FolderMoved prints that the program's folder is another one from now on.
func (p *Printer) FolderMoved(dir, to string) {
	p.info("folder").Str("folder", to).Msgf("%s is %s now: processes start there", dir, to)
}
