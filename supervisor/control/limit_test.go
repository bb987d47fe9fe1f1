package control

import (
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/peercred"
)

// give gives clients that time while the test runs.
func give(t *testing.T, d time.Duration) {
	t.Helper()
	was := clientTime
	clientTime = d
	t.Cleanup(func() { clientTime = was })
}

// Other users are not answered, and take no place of those who may ask, however many they are. The kernel's word is
// replaced by the test's.
func TestStrangersTakeNoPlace(t *testing.T) {
	give(t, 2*patience)
	strange := make(chan bool, 1)
	strange <- true
	peerOf = func(c *net.UnixConn) (int, int, error) {
		is := <-strange
		strange <- is
		if is {
			return os.Geteuid() + 1, 1, nil
		}
		return peercred.Of(c)
	}
	t.Cleanup(func() { peerOf = peercred.Of })
	path := place(t)
	serve(t, path, instance{name: "serving"})
	for range maxClients + 1 {
		if b, err := io.ReadAll(dial(t, path)); len(b) > 0 || err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("a stranger is answered %q, %v", b, err)
		}
	}
	<-strange
	strange <- false
	if got := state(t, path); got != "serving" {
		t.Errorf("state %q", got)
	}
}
