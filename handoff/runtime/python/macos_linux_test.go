package python_test

import (
	"io"
	"net"
	"net/http"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// hotswap may have no room for a descriptor, and some versions of macOS drop one whose sender closes its own too early.
func TestADescriptorIsKeptUntilHotswapHasIt(t *testing.T) {
	s := serve(t, "/usr/bin/uvicorn", "--log-level=warning", "--port=0", "served:app")
	s.keeps = true
	first, second := s.client(), s.client()
	s.order("drain", "moves", true)
	moved := s.move()
	lost := map[string]*client{first.LocalAddr().String(): first, second.LocalAddr().String(): second}[moved.RemoteAddr().String()]
	_, _ = moved.Close(), s.move().Close()
	s.look("", func(state) bool { return true }) // the process has closed what it closes
	for _, c := range []*client{first, second} {
		raw := testkit.Must(c.Conn.(*net.TCPConn).SyscallConn())(t)
		testkit.NoError(t, raw.Control(func(fd uintptr) {
			if _, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT); err != unix.EAGAIN {
				t.Errorf("the connection is not open: %v", err)
			}
		}))
	}
	s.order("got", "lost", true)
	s.order("got")
	lost.send(get("/"))
	r := testkit.Must(http.ReadResponse(lost.r, nil))(t)
	if _, err := io.Copy(io.Discard, r.Body); err != nil || !r.Close {
		t.Error("what hotswap has not got is answered, and not told of the end")
	}
	lost.ended()
}
