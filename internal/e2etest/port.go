//go:build linux

package e2etest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
)

// The kernel takes the ports of clients from 32768 on (ip_local_port_range, ip(7)). A port that was free a moment
// ago could be a client's by the time at which the program that it is for has started.
const firstPort, endPort = 12000, 32768

// given are the ports that FreePort has returned.
var given sync.Map

// FreePort returns a port of 127.0.0.1 that is free, that no other call in this process returns, and that the
// kernel gives to no client.
func FreePort(t testing.TB) string {
	t.Helper()
	for range endPort - firstPort {
		port := strconv.Itoa(firstPort + rand.N(endPort-firstPort))
		l, err := net.Listen("tcp4", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		l.Close()
		if _, taken := given.LoadOrStore(port, true); !taken {
			return port
		}
	}
	t.Fatalf("no port from %d to %d is free", firstPort, endPort-1)
	return ""
}
