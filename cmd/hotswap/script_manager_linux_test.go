package main

import (
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// managers are the service managers of scripts.
var managers sync.Map // *testscript.TestScript → *serviceManager

// serviceManager reads what is sent to it, and knows by whom.
type serviceManager struct {
	heard chan string // all but signs of life

	mu    sync.Mutex // guards signs
	news  *sync.Cond
	signs map[int]int // of life, by process
}

// manager: opens a socket for hotswap's own NOTIFY_SOCKET, $MANAGER.
func openManager(ts *testscript.TestScript, _ bool, _ []string) {
	path := ts.MkAbs("manager.sock")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	ts.Check(err)
	raw, err := conn.SyscallConn()
	ts.Check(err)
	ts.Check(raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PASSCRED, 1) }))
	ts.Check(err)
	m := &serviceManager{heard: make(chan string, 100), signs: map[int]int{}}
	m.news = sync.NewCond(&m.mu)
	go m.read(conn)
	managers.Store(ts, m)
	ts.Defer(func() { _ = conn.Close() })
	ts.Setenv("MANAGER", path)
}

func (m *serviceManager) read(conn *net.UnixConn) {
	b, oob := make([]byte, 4096), make([]byte, 512)
	for {
		n, oobn, _, _, err := conn.ReadMsgUnix(b, oob)
		if err != nil {
			return
		}
		if string(b[:n]) != "WATCHDOG=1" {
			m.heard <- string(b[:n])
			continue
		}
		msgs, err := unix.ParseSocketControlMessage(oob[:oobn])
		if err != nil || len(msgs) == 0 {
			continue
		}
		if cred, err := unix.ParseUnixCredentials(&msgs[0]); err == nil {
			m.mu.Lock()
			m.signs[int(cred.Pid)]++
			m.news.Broadcast()
			m.mu.Unlock()
		}
	}
}

// told TEXT [LINE…]: the next message to the manager, besides signs of life,
// begins with the text, and has those lines.
func toldManager(ts *testscript.TestScript, _ bool, args []string) {
	v, _ := managers.Load(ts)
	select {
	case got := <-v.(*serviceManager).heard:
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

// watchdog: hotswap gives three further signs of life. ! watchdog: it has given none.
func watchdogFed(ts *testscript.TestScript, neg bool, _ []string) {
	v, _ := managers.Load(ts)
	m, pid := v.(*serviceManager), current(ts).hotswap()
	m.mu.Lock()
	defer m.mu.Unlock()
	if neg {
		if len(m.signs) > 0 {
			ts.Fatalf("signs of life of %v", m.signs)
		}
		return
	}
	over := false
	timer := time.AfterFunc(patience, func() { m.mu.Lock(); over = true; m.news.Broadcast(); m.mu.Unlock() })
	defer timer.Stop()
	for want := m.signs[pid] + 3; m.signs[pid] < want; m.news.Wait() {
		if over {
			ts.Fatalf("no sign of life of process %d; there were %v", pid, m.signs)
		}
	}
}
