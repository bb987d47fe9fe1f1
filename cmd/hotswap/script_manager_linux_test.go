package main

import (
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// managers are the service managers of scripts.
var managers sync.Map // *testscript.TestScript → *serviceManager

// serviceManager reads what is sent to it.
type serviceManager struct{ heard chan string }

// manager: opens a socket for hotswap's own NOTIFY_SOCKET, $MANAGER.
func openManager(ts *testscript.TestScript, _ bool, _ []string) {
	path := ts.MkAbs("manager.sock")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	ts.Check(err)
	m := &serviceManager{heard: make(chan string, 100)}
	go m.read(conn)
	managers.Store(ts, m)
	ts.Defer(func() { _ = conn.Close() })
	ts.Setenv("MANAGER", path)
}

func (m *serviceManager) read(conn *net.UnixConn) {
	b := make([]byte, 4096)
	for {
		n, err := conn.Read(b)
		if err != nil {
			return
		}
		m.heard <- string(b[:n])
	}
}

// told TEXT [LINE…]: the next message to the manager begins with the text, and has those lines. Messages about
// the status and for more time count only if the text asks for one.
func toldManager(ts *testscript.TestScript, _ bool, args []string) {
	v, _ := managers.Load(ts)
again:
	select {
	case got := <-v.(*serviceManager).heard:
		if kind, _, _ := strings.Cut(got, "="); (kind == "STATUS" || kind == "EXTEND_TIMEOUT_USEC") &&
			!strings.HasPrefix(got, args[0]) {
			goto again
		}
		if !strings.HasPrefix(got, args[0]) {
			ts.Fatalf("the manager is told %q, want %q", got, args[0])
		}
		for _, line := range args[1:] {
			if !slices.Contains(strings.Split(got, "\n"), line) {
				ts.Fatalf("the manager is told %q, without %q", got, line)
			}
		}
	case <-time.After(patience):
		ts.Fatalf("the manager is not told %q", args[0])
	}
}
