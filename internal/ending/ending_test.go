package ending

import (
	"context"
	"os/exec"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestEndOfAProcess(t *testing.T) {
	cmd := exec.Command("cat")
	in := testkit.Must(cmd.StdinPipe())(t)
	testkit.NoError(t, cmd.Start())
	pid := cmd.Process.Pid
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if Wait(over, pid) {
		t.Error("the end of a process that runs")
	}
	seen := make(chan bool, 1)
	go func() { seen <- Wait(context.Background(), pid) }()
	in.Close()
	if !<-seen {
		t.Error("the end was not seen")
	}
	cmd.Wait()
	if !Wait(context.Background(), pid) {
		t.Error("the end of a process that has gone")
	}
}
