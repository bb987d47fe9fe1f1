package web

import (
	"context"
	"net"
	"net/http"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// request returns one as a server gets it.
func request(from string, to net.Addr) *http.Request {
	r := &http.Request{RemoteAddr: from}
	return r.WithContext(context.WithValue(context.Background(), http.LocalAddrContextKey, to))
}

// The kernel says whose socket the other end is.
func TestSameUser(t *testing.T) {
	if SameUser(request("127.0.0.1:1", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2})) {
		t.Error("a connection that is not there is this user's")
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can be another user")
	}
	l := testkit.Must(net.Listen("tcp4", "127.0.0.1:0"))(t)
	defer l.Close()
	local := l.Addr().(*net.TCPAddr).AddrPort()
	for _, uid := range []int{0, 65534} {
		connected := make(chan int)
		go func() {
			runtime.LockOSThread() // for good: the thread ends with the goroutine
			_ = unix.Setfsuid(uid)
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err == nil {
				err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(local.Port()), Addr: local.Addr().As4()})
			}
			if err != nil {
				t.Error(err)
			}
			connected <- fd
		}()
		c := testkit.Must(l.Accept())(t)
		fd := <-connected
		if got := SameUser(request(c.RemoteAddr().String(), l.Addr())); got != (uid == 0) {
			t.Errorf("user %d: %t", uid, got)
		}
		_ = unix.Close(fd) // the kernel says 0 of what is left of it
		if SameUser(request(c.RemoteAddr().String(), l.Addr())) {
			t.Errorf("user %d has closed the connection, and counts as root", uid)
		}
		c.Close()
	}
}
