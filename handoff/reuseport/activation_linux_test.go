package reuseport

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// lend is a listening socket as a socket activator makes it: without
// SO_REUSEPORT.
func lend(t *testing.T, e handoff.Endpoint) int {
	t.Helper()
	family, addr := unix.AF_INET, unix.Sockaddr(nil)
	if ip := e.Addr.Addr(); ip.Is4() {
		addr = &unix.SockaddrInet4{Port: int(e.Port()), Addr: ip.As4()}
	} else {
		family, addr = unix.AF_INET6, &unix.SockaddrInet6{Port: int(e.Port()), Addr: ip.As16()}
	}
	fd := testkit.Must(unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))(t)
	t.Cleanup(func() { _ = unix.Close(fd) })
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	testkit.NoError(t, unix.Bind(fd, addr), unix.Listen(fd, 128))
	return fd
}

// The whole life of an activator's socket: clients who came before are the first
// generation's, nobody who comes later strays, and at the end it accepts again.
func TestAdoptedSocket(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1", "0.0.0.0", "::"} {
		t.Run(ip, func(t *testing.T) {
			e := endpoint(t, ip, false)
			one := lend(t, e)
			client(t, e)
			r := NewRegistry(kernel)
			t.Cleanup(r.Close)
			dup := testkit.Must(unix.FcntlInt(uintptr(one), unix.F_DUPFD_CLOEXEC, 0))(t)
			testkit.NoError(t, r.Adopt(e, dup))
			_, first, err := r.AssignDeclared(1)
			if err != nil || first[0] != dup {
				t.Fatal(first, err)
			}
			if r.HandBack(1) {
				t.Error("handed back, and generation 1 accepts there")
			}
			await(t, "the first client", func() bool { return queues(t, []int{one})[0] == 1 })
			accept(t, one)
			_, second, err := r.AssignDeclared(2)
			testkit.NoError(t, err)
			dialled(t, e, 20, one)
			for range 20 {
				accept(t, one)
			}
			_, _, err = r.Cutover(2)
			testkit.NoError(t, err)
			dialled(t, e, 20, second[0])
			for range 20 {
				accept(t, second[0])
			}
			r.GenerationEnded(1)
			dialled(t, e, 1, second[0])
			accept(t, second[0])
			if !r.HandBack(2) {
				t.Error("not handed back")
			}
			dialled(t, e, 20, one)
			r.GenerationEnded(2)
			r.Close()
			client(t, e)
			await(t, "the clients of the next one", func() bool { return queues(t, []int{one})[0] == 21 })
		})
	}
}

// Clients of another user's program wait in a gate that root's hotswap gives to that user.
func TestParkedForAnotherUser(t *testing.T) {
	for _, network := range []string{"tcp4", "udp4"} {
		e := endpoint(t, "127.0.0.1", false)
		e.Network = network
		fd := testkit.Must(kernel.Open(e, 12345))(t)
		if _, user, _ := kernel.Inode(fd); user != 12345 {
			_ = unix.Close(fd)
			t.Skip("a socket cannot be given to another user here")
		}
		r := NewRegistry(kernel)
		t.Cleanup(r.Close)
		inode, _, _ := kernel.Inode(fd)
		testkit.Must(r.Listen(ListenRequest{Gen: 1, Endpoint: e, Inode: inode, Dup: fd}))(t)
		_, _, err := r.Cutover(1)
		testkit.NoError(t, err)
		if parked, err := r.QueueConnections(1); !parked || err != nil {
			t.Fatal(network, parked, err)
		}
		plan, err := r.Bind(BindRequest{Gen: 2, Endpoint: e, User: 12345, Inspectable: true})
		if err != nil || plan.Action != Inject {
			t.Error(network, plan, err)
		}
	}
}
