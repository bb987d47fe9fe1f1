package machine

import (
	"errors"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

var (
	warm      = Policy{Watching: true, Warm: true}
	errNoGood = errors.New("no good")
	vault     = report.Loaded{By: "./vault"}
)

// waits is a story in which generation 1 serves and the next one waits.
func waits(t *testing.T, p Policy) *story {
	t.Helper()
	return serving(t, p).after(time.Second).on(standby.Waits{Gen: 2}).quiet()
}

// A save that does not boot costs the standby. The next one is made beside the
// generation that serves on.
func TestStoryStandbyAfterAFailedBoot(t *testing.T) {
	s := waits(t, warm).on(save("a.ts"), Started{Gen: 2, PID: 102, Standby: true}).end(2,
		crash).after(time.Second).want(`
		1.000 batch a.ts
			adopt 2 change a.ts
			resume 2
		1.000 2 ended: exit 1, 0 left
			! 2 failed: exited; keeps 0s 1
			start standby 3 after 1
	`)
	// If boots from a standby fail twice, something has to serve first.
	s.on(standby.Waits{Gen: 3}, save("a.ts"), Started{Gen: 3, PID: 103, Standby: true}).end(3, crash).quiet().after(
		time.Minute).want("")
	s.on(save("a.ts")).quiet().boot(4, portA).after(time.Second).want(`
		62.000 4 listens 127.0.0.1:4000
			cutover 4
			drain 1
			! 4 serves [4000] for change after 0s by listen, replaces 1, unserved []
			start standby 5 after 4
			arm 0 standby 300ms
		62.300 0 expired standby
			inspect 4
	`)
}

// A standby whose command may have given it credentials serves for five minutes. The save after that runs the whole
// command.
func TestStoryStandbyWithCredentials(t *testing.T) {
	s := serving(t, warm).after(time.Second).on(standby.Waits{Gen: 2, Loaded: vault}).quiet()
	s.after(time.Hour).on(standby.Ended{Gen: 2, Why: standby.Asked}).after(time.Hour).on(save("a.ts")).want(`
		300.300 0 expired credentials
			! 2 cannot use the standby: its standby is five minutes old, and ./vault may have given it credentials
			stop standby 2, now false
		7201.000 batch a.ts
			start held 2 change a.ts
	`)
}

// So does the save that comes first when the computer has slept: no timer has run meanwhile.
func TestStoryStandbyWithCredentialsOfYesterday(t *testing.T) {
	s := serving(t, warm).after(time.Second).on(standby.Waits{Gen: 2, Loaded: vault}).quiet()
	s.now = s.now.Add(8 * time.Hour)
	s.on(save("a.ts"), standby.Ended{Gen: 2, Why: standby.Asked}).want(`
		28801.000 batch a.ts
			! 2 cannot use the standby: its standby is five minutes old, and ./vault may have given it credentials
			stop standby 2, now false
			adopt 2 change a.ts
		28801.000 2 standby ended: asked <nil>
			start 2 plainly
	`)
}
