package intercept

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// shortEnv has a process of its own run the test: a limit on descriptors is the
// process's (getrlimit(2)).
const shortEnv = "INTERCEPT_TEST_SHORT"

// A session that begins while hotswap has no descriptor left must not close the
// listener: every bind of the program would fail with ENOSYS from then on.
func TestSessionBeginsWithoutDescriptors(t *testing.T) {
	if os.Getenv(shortEnv) == "" {
		again(t, shortEnv)
		return
	}
	w := newWorld(t)
	e := endpoint(t, "127.0.0.1", false)
	g := w.prepare("sockets")
	var was unix.Rlimit
	testkit.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
	testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: was.Max}))
	g.run()
	g.ok("socket a tcp4", "bind a 127.0.0.1:0", "listen a 5")
	testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was))
	select { // what was bound meanwhile is not known, and that is told
	case e := <-g.events:
		if lost, ok := e.(handoff.TrackingLost); !ok || !errors.Is(lost.Err, unix.EMFILE) {
			t.Errorf("told %#v", e)
		}
	default:
		t.Error("not told that a bind went unseen")
	}
	g.listen("b", e)
}
