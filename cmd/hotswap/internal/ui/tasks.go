package ui

import "github.com/hotswap-dev/hotswap/internal/plain"

func (p *Printer) TaskWaits(command string) {
	command = plain.Short(command, 200)
	p.info("task-waits").Str("command", command).
		Msgf("%s waits: another hotswap runs a task of this project", command)
}

func (p *Printer) TaskNotRemembered(command string, err error) {
	command = plain.Short(command, 200)
	p.warn("task-not-remembered").Str("command", command).Err(err).
		Msgf("%s runs at each start of hotswap, because its success cannot be remembered: %v", command, err)
}
