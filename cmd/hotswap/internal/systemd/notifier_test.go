package systemd

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// A service manager that does not read keeps nobody who speaks to it, and hears
// everything when it reads again.
func TestManagerThatDoesNotRead(t *testing.T) {
	conn := manager(t)
	fill(t, conn)
	m := NewNotifier(false)
	began := time.Now()
	m.Send("READY=1")
	m.Send("STOPPING=1")
	if took := time.Since(began); took > wait.Answer/2 {
		t.Errorf("they have waited for %v", took)
	}
	var heard []string
	for b := make([]byte, 100); len(heard) < 2; {
		n, err := conn.Read(b)
		if err != nil {
			t.Fatal(heard, err)
		}
		if text := string(b[:n]); text != "filler" {
			heard = append(heard, text)
		}
	}
	if heard[0] != "READY=1" || heard[1] != "STOPPING=1" {
		t.Errorf("it hears %q", heard)
	}
	m.Close()
}

// A manager that has not read for long hears where the service goes on all the same.
func TestManagerThatDoesNotReadIsReferred(t *testing.T) {
	conn := manager(t)
	fill(t, conn)
	n := NewNotifier(true)
	for range 2 * queueLength {
		n.Send("STATUS=boots")
	}
	n.Refer(42)
	for b := make([]byte, 100); ; {
		k, err := conn.Read(b)
		testkit.NoError(t, err)
		if string(b[:k]) == "MAINPID=42" {
			return
		}
	}
}

// fill sends a manager, which does not read, as much as there is room for.
func fill(t *testing.T, conn *net.UnixConn) {
	t.Helper()
	filler, err := net.DialUnix("unixgram", nil, conn.LocalAddr().(*net.UnixAddr))
	testkit.NoError(t, err)
	t.Cleanup(func() { _ = filler.Close() })
	raw, err := filler.SyscallConn()
	testkit.NoError(t, err)
	filled := 0
	if err := raw.Control(func(fd uintptr) {
		for err == nil {
			_, err = syscall.Write(int(fd), []byte("filler"))
			filled++
		}
	}); err != nil || filled < 2 {
		t.Fatal(filled, err)
	}
	if !errors.Is(err, syscall.EAGAIN) {
		t.Fatal(err)
	}
}

// waitBound bounds every wait.
const waitBound = 90 * time.Second

// manager listens where the environment says that the service manager does. t.TempDir's path may be too long for a socket.
func manager(t *testing.T) *net.UnixConn {
	t.Helper()
	dir, err := os.MkdirTemp("", "hs")
	testkit.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "m")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	testkit.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(waitBound))
	t.Setenv(readiness.NotifySocket, path)
	return conn
}
