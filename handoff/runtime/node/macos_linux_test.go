package node

import (
	"os/exec"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A process that keeps its own descriptor until hotswap has got one hears of that, whether anybody takes it.
func TestADescriptorThatCameIsAcknowledged(t *testing.T) {
	for _, kind := range []string{"move", "give"} {
		t.Run(kind, func(t *testing.T) {
			f, th := beginMoves(t, usualWaits)
			f.taker(listens)
			_, server := client(t)
			raw := testkit.Must(server.SyscallConn())(t)
			testkit.NoError(t, raw.Control(func(fd uintptr) { th.sendWith(int(fd), `{"type":"`+kind+`","at":"here","waits":true}`) }))
			th.hears("got")
		})
	}
}

// Without /proc, as on macOS, the kernel still says whether a process is there.
func TestLives(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	testkit.NoError(t, cmd.Start())
	for _, proc := range []string{"/proc", t.TempDir()} {
		if !livesBy(proc, cmd.Process.Pid) {
			t.Errorf("%s: the process does not live", proc)
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	for _, proc := range []string{"/proc", t.TempDir()} {
		if livesBy(proc, cmd.Process.Pid) {
			t.Errorf("%s: the process lives", proc)
		}
	}
}
