package drain

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The child "threads" ends its first thread, which is the one that runs init.
func init() {
	if os.Getenv("DRAIN_TEST_CHILD") == "threads" {
		testkit.EndFirstThread(serve)
	}
}

// A process whose first thread has ended shows no descriptors at /proc/PID/fd,
// and pidfd_getfd(2) on it says EBADF. Its connections are seen nevertheless.
func TestConnectionsOfAProcessWithoutItsFirstThread(t *testing.T) {
	p := startAs(t, "threads")
	testkit.FirstThreadEnded(t, p.cmd.Process.Pid)
	c := dial(t, p.addr)
	testkit.Must(fmt.Fprintf(c, "POST /fast HTTP/1.1\r\nHost: %s\r\nContent-Length: 5\r\n\r\nhel", c.RemoteAddr()))(t)
	for p.ask("conns") != "1" {
	}
	for _, can := range []bool{true, false} {
		cfg := p.config()
		cfg.CanGetFD = can
		end := run(t, cfg, 100*time.Millisecond)
		if r, _ := end(); r.Busy != 1 {
			t.Errorf("pidfd_getfd %v: %+v; want one busy connection", can, r)
		}
	}
	testkit.Must(fmt.Fprint(c, "lo"))(t)
	b := make([]byte, 12)
	if _, err := c.Read(b); err != nil || string(b) != "HTTP/1.1 200" {
		t.Errorf("%q %v", b, err)
	}
}
