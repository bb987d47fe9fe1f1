package ui

import (
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/internal/plain"
)

// TaskWaits prints that another hotswap runs a task of the same project.
func (p *Printer) TaskWaits(command string, pid int, since time.Time) {
	command = plain.Short(command, 200)
	who := "another process"
	if pid != 0 {
		who = fmt.Sprintf("hotswap (process %d, since %s)", pid, since.Format(time.TimeOnly))
	}
	p.info("task-waits").Str("command", command).Int("pid", pid).
		Msgf("%s waits: %s runs a task of this project", command, who)
}

// TasksNotRemembered prints why tasks run at each start of hotswap.
func (p *Printer) TasksNotRemembered(err error) {
	p.warn("tasks-not-remembered").Err(err).
		Msgf("which tasks have succeeded cannot be remembered, so each runs again at the next start of hotswap: %v", err)
}

// TaskNotCompared prints why a task runs although its inputs may be as they were.
func (p *Printer) TaskNotCompared(command string, err error) {
	command = plain.Short(command, 200)
	p.warn("task-not-compared").Str("command", command).Err(err).
		Msgf("%s runs, because its inputs cannot be compared: %v", command, err)
}

// TasksForgotten prints why tasks run again that have succeeded before.
func (p *Printer) TasksForgotten(path string, why error) {
	p.debug("tasks-forgotten").Str("path", path).Err(why).
		Msgf("tasks run again: what was remembered in %s is not used: %v", path, why)
}
