package testkit

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
)

// The kernel takes the ports of clients from 32768 on (ip_local_port_range, ip(7)). A port that was free a moment
// ago could be a client's by the time at which the program that it is for has started. Those below are for the
// tests of handoff/listenfds, handoff/intercept and handoff/reuseport, which run at the same time.
const firstPort, endPort = 18000, 32768

// blockSize is how many ports a process of tests takes at a time. Packages are tested at the same time, and two
// processes may find the same port free before the program of either listens.
const blockSize = 128

// ours are the ports of this process that FreePort has not returned.
var ours struct {
	sync.Mutex // guards the following fields
	ports      []int
	blocks     []net.Listener // until the process ends
}

// FreePort returns a port of 127.0.0.1 that is free, that no other call returns in any process of tests, and that
// the kernel gives to no client.
func FreePort(t testing.TB) string {
	t.Helper()
	port := Port()
	if port == "" {
		t.Fatalf("no port from %d to %d is free", firstPort, endPort-1)
	}
	return port
}

// Port returns a port as [FreePort] does; "": none is free.
func Port() string {
	ours.Lock()
	defer ours.Unlock()
	for len(ours.ports) > 0 || takeBlockLocked() {
		port := strconv.Itoa(ours.ports[0])
		ours.ports = ours.ports[1:]
		if l, err := net.Listen("tcp4", "127.0.0.1:"+port); err == nil {
			l.Close()
			return port
		}
	}
	return ""
}

// takeBlockLocked takes the ports of a block that no process of tests has. An abstract socket (unix(7)) is gone
// with its process, and is seen where its ports are: in one network namespace.
func takeBlockLocked() bool {
	for _, block := range rand.Perm((endPort - firstPort) / blockSize) {
		l, err := net.Listen("unix", fmt.Sprintf("@hotswap-test-ports-%d", block))
		if err != nil {
			continue
		}
		ours.blocks = append(ours.blocks, l)
		for _, n := range rand.Perm(blockSize) {
			ours.ports = append(ours.ports, firstPort+block*blockSize+n)
		}
		return true
	}
	return false
}
