package watchers

import (
	"bufio"
	"os"
	"os/exec"
	"testing"

	"github.com/hotswap-dev/hotswap/bench/fresh"
)

// As "bench reap" does, with the test binary.
func TestMain(m *testing.M) {
	if os.Getenv("WATCHERS_REAP") != "" {
		if err := Reap(os.Args[1:]); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// The processor time of a process whose parent ended before it counts.
func TestTimeOfOrphansCounts(t *testing.T) {
	cmd := exec.Command(os.Args[0], "sh", "-c", `sh -c '(i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo ended) & '; read line`)
	cmd.Env = append(os.Environ(), "WATCHERS_REAP=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ended\n" {
		t.Fatal(line, err)
	}
	if ticks := fresh.Ticks(cmd.Process.Pid); ticks < 5 {
		t.Errorf("%v ticks, of a loop that needs more", ticks)
	}
}
