//go:build linux

package drain

import (
	"io"
	"os"
	"testing"
	"time"
)

// Cut ends the connections of the processes at that port and nothing else.
func TestCut(t *testing.T) {
	e, other := newEnds(t), newEnds(t)
	at := e.config().Endpoints
	if n := Cut([]int{1 << 30}, at); n != 0 {
		t.Errorf("%d connections of a process that is not there", n)
	}
	e.ask("still there")
	if n := Cut([]int{os.Getpid()}, at); n != 1 {
		t.Errorf("%d connections ended, want 1", n)
	}
	_ = e.cli.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := e.cli.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the debugger sees %v", err)
	}
	other.ask("still there")
}
