package ui

// FileRead prints that hotswap goes by what the project's file says now.
func (p *Printer) FileRead(name string) {
	p.info("file-read").Str("file", name).
		Msgf("%s read again: command, rules, env_file, ignore, ext, quiet_time and poll count from now on, other keys when hotswap starts again or is upgraded (SIGUSR2)", name)
}

// FileRefused prints that the project's file is wrong now.
func (p *Printer) FileRefused(err error) {
	p.fail("file-refused").Err(err).Msgf("%v; hotswap goes on as the file was before", err)
}
