package systemd

import (
	"errors"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// A service manager that does not read keeps nobody who speaks to it. When it reads again, it hears what there was room
// for, and where the service goes on all the same.
func TestManagerThatDoesNotRead(t *testing.T) {
	conn := manager(t)
	fill(t, conn)
	n := NewNotifier(true)
	began := time.Now()
	for range 2 * queueLength {
		n.Send("STATUS=boots")
	}
	if took := time.Since(began); took > wait.Answer/2 {
		t.Errorf("they have waited for %v", took)
	}
	n.Refer(42)
	heard := map[string]int{}
	for b := make([]byte, 100); heard["STATUS=boots"] < queueLength || heard["MAINPID=42"] == 0; {
		k, err := conn.Read(b)
		if err != nil {
			t.Fatal(heard, err)
		}
		heard[string(b[:k])]++
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

// manager listens where the environment says that the service manager does. t.TempDir's path may be too long for a
// socket.
func manager(t *testing.T) *net.UnixConn {
	t.Helper()
	dir := testkit.ShortDir(t)
	path := filepath.Join(dir, "m")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	testkit.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(waitBound))
	t.Setenv(readiness.NotifySocket, path)
	return conn
}
