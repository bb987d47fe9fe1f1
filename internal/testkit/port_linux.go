package testkit

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
)

// LowPort returns an IP address of this machine at whose port 80, which only root may bind, nobody listens. The address
// is made of a port, so that no other test gets it; but a program of a test that has ended may still be there.
func LowPort(t testing.TB) (host string) {
	t.Helper()
	for {
		port := FreeAddress(t, "127.0.0.1").Port()
		host = netip.AddrFrom4([4]byte{127, byte(port >> 8), byte(port), 9}).String()
		l, err := net.Listen("tcp4", net.JoinHostPort(host, "80"))
		if err == nil {
			l.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return host
		}
	}
}

// claim takes a block of ports. An abstract socket (unix(7)) is gone with its process, and is seen where its ports are:
// in one network namespace. It is one of datagrams, because a process that listens may speak for others, and hotswap
// takes no request of its clients (package peer).
func claim(block int) (io.Closer, error) {
	return net.ListenPacket("unixgram", fmt.Sprintf("@hotswap-test-ports-%d", block))
}
