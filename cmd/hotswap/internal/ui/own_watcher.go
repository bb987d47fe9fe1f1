package ui

// OwnWatcher prints that the command restarts the program on a change of a file itself, and
// what to write instead.
func (p *Printer) OwnWatcher(text string) { p.warn("own-watcher").Msgf("%s", text) }
