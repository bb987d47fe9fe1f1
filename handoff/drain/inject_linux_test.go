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

// A program is stopped no more often than it may be, for one connection and during one look.
func TestStopsAreLimited(t *testing.T) {
	i, c := &injector{denied: map[int]bool{}, left: 1}, &conn{holders: []holder{{1, 3}}}
	for _, step := range []struct {
		stops  int
		held   bool
		denied bool
		want   bool
	}{
		{injectMost - 1, false, false, true},
		{injectMost, false, false, false},
		{injectMost, true, false, true}, // to let go
		{0, false, true, false},
	} {
		c.stops, c.state.held, i.denied[1] = step.stops, step.held, step.denied
		if i.may(c) != step.want {
			t.Errorf("%+v", step)
		}
	}
	h := injectControl{i, &conn{}}
	for range 2 * stopsMost {
		h.try(nil)
	}
	if i.left != 0 {
		t.Errorf("%d stops are left", i.left)
	}
}
