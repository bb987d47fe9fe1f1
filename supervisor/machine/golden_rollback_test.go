package machine

import (
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

var rollback = Command{Do: Rollback, Token: 9}

// What was to come would undo it.
func TestStoryRollbackGivesStartsUp(t *testing.T) {
	swap := Request{Cause: report.CauseCommand, Token: 4}
	s := onProbation(t, trial).on(swap, Started{Gen: 3, PID: 103}, rollback).end(3, report.Exit{Signal: 15}).on(
		Drained{Gen: 2}).end(2, report.Exit{}).after(time.Minute)
	s.want(`
		0.300 command reload
			start 3 command
		0.300 command rollback
			reply 4: superseded 3
			signal 3
			! 3 failed: superseded; keeps 0s 1
			undrain 1
			cutover 1
			drain 2
			! 2 gave way to 1 again: exit 0, 0 left, served 0s, by hand true
			reply 9: rolledback 1
			arm 3 kill 1s
		0.300 2 drained
			signal 2
		0.300 2 gone
			! 2 drained in 0s, busy false, killed false
	`)
}
