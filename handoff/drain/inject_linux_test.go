package drain

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// TestScenesByInjection runs the scenes with real programs once more, where a thread of the program has to
// act.
func TestScenesByInjection(t *testing.T) {
	if byInjection || runtime.GOARCH != "amd64" {
		t.Skip("done, or not possible here")
	}
	cmd := exec.Command("/proc/self/exe", "-test.short", "-test.timeout=5m", "-test.v="+fmt.Sprint(testing.Verbose()),
		"-test.run=^Test(ClientsInUse|SlowAfterFast|Stopping|NothingStays|WebSocketsAreLeft|SuspendedInTheMidstOfAnAnswerIsNotCut|Parked)")
	cmd.Env = append(os.Environ(), "DRAIN_TEST_INJECT=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// A connection takes output only if the kernel would awaken a program that waits to write.
func TestRoomy(t *testing.T) {
	for _, c := range []struct {
		buffer, queued, notSent uint32
		want                    bool
	}{
		{87040, 0, 0, true},
		{87040, 4352, 2000, true},
		{87040, 58000, 2000, true},
		{87040, 58100, 2000, false}, // less than half of what is queued is free
		{4608, 4352, 700, false},
		{2621440, 40000, 20000, false}, // a program with TCP_NOTSENT_LOWAT may wait
	} {
		if got := roomy(sockdiag.Socket{SendBuffer: c.buffer, SendQueued: c.queued}, c.notSent); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
