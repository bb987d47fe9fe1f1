package testkit

import (
	"io"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The kernel takes the ports of clients from 32768 on (ip_local_port_range, ip(7)). A port that was free a moment
// ago could be a client's by the time at which the program that it is for has started.
const firstPort, endPort = 10000, 32768

// blockSize is how many ports a process of tests takes at a time. Packages are tested at the same time, and two
// processes may find the same port free before the program of either listens.
const blockSize = 128

// ours are the ports of this process that FreePort has not returned.
var ours struct {
	sync.Mutex // guards the following fields
	ports      []int
	blocks     []io.Closer // until the process ends
}

// FreePort returns a port that is free at all addresses, that no other call returns in any process of tests, and that
// the kernel gives to no client.
func FreePort(t testing.TB) string {
	t.Helper()
	port := Port()
	if port == "" {
		t.Fatalf("no port from %d to %d is free", firstPort, endPort-1)
	}
	return port
}

// FreeAddress returns an IP address with a port as [FreePort] does.
func FreeAddress(t testing.TB, ip string) netip.AddrPort {
	t.Helper()
	port, err := strconv.ParseUint(FreePort(t), 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	return netip.AddrPortFrom(netip.MustParseAddr(ip), uint16(port))
}

// Port returns a port as [FreePort] does; "": none is free.
func Port() string {
	ours.Lock()
	defer ours.Unlock()
	for len(ours.ports) > 0 || takeBlockLocked() {
		port := ours.ports[0]
		ours.ports = ours.ports[1:]
		if isFree(port) {
			return strconv.Itoa(port)
		}
	}
	return ""
}

// isFree binds without SO_REUSEADDR, as many tests do: nobody has the port at any address, nor has a connection that
// has ended (TIME_WAIT). No process is started meanwhile, because it would have the socket, too, until it runs its
// program.
func isFree(port int) bool {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	for family, at := range map[int]unix.Sockaddr{unix.AF_INET6: &unix.SockaddrInet6{Port: port},
		unix.AF_INET: &unix.SockaddrInet4{Port: port}} {
		fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
		if err != nil {
			continue // this machine has no IPv6
		}
		err = unix.Bind(fd, at)
		_ = unix.Close(fd)
		if err != nil {
			return false
		}
	}
	return true
}

// takeBlockLocked takes the ports of a block that no process of tests has.
func takeBlockLocked() bool {
	for _, block := range rand.Perm((endPort - firstPort) / blockSize) {
		l, err := claim(block)
		if err != nil {
			continue
		}
		ours.blocks = append(ours.blocks, l)
		for _, n := range rand.Perm(blockSize / 2) { // hotswap takes the port behind one in use with --port auto
			ours.ports = append(ours.ports, firstPort+block*blockSize+2*n)
		}
		return true
	}
	return false
}
