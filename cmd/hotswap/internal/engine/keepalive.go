package engine

import "github.com/hotswap-dev/hotswap/supervisor/report"

// Notice ends the connections of what serves, each with its next answer, once the generation is about to end: hotswap stops
// after a pause, or after a rollback. Notice runs in the supervisor's loop.
func (e *Engine) Notice(n report.Notice) {
	switch n := n.(type) {
	case report.NoticeStopping:
		if n.In <= 0 {
			return
		}
	case report.NoticeRolledBack:
		if e.Supervisor.Status().StopsAt == nil {
			return
		}
	default:
		return
	}
	e.endKeepAlive()
}
