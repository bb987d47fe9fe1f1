package python_test

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Some versions of macOS drop a descriptor whose sender closes its own too early.
func TestADescriptorIsKeptUntilHotswapHasIt(t *testing.T) {
	t.Setenv("PLATFORM", "darwin")
	s := serve(t, "/usr/bin/uvicorn", "--log-level=warning", "--port=0", "served:app")
	first, second := s.client(), s.client()
	s.order("drain", "moves", true)
	for range 2 {
		_ = s.move().Close()
	}
	s.look("", func(state) bool { return true }) // the process has closed what it closes
	for _, c := range []*client{first, second} {
		raw := testkit.Must(c.Conn.(*net.TCPConn).SyscallConn())(t)
		testkit.NoError(t, raw.Control(func(fd uintptr) {
			if _, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT); err != unix.EAGAIN {
				t.Errorf("the connection is not open: %v", err)
			}
		}))
	}
	s.order("got")
	s.order("got")
	first.ended()
	second.ended()
}
