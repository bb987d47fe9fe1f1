package supervisor

import (
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// The terminal gets another size while a program is being started: it runs already and
// may have asked for the size, and its process is not known yet. It is told all the same.
func TestResizeDuringAStart(t *testing.T) {
	th := &theatre{hold: func() error { return run.ErrNever }}
	th.perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		known := make(chan struct{})
		th.whenBegun(func() { <-known })
		swapped := make(chan struct{})
		go func() { swap(t, s); close(swapped) }()
		synctest.Wait()
		s.Signal(syscall.SIGWINCH, AudienceAll)
		close(known)
		<-swapped
		if noted := th.noted(); strings.Count(noted, syscall.SIGWINCH.String()) != 2 {
			t.Errorf("two programs run, and this was done: %s", noted)
		}
	})
}
