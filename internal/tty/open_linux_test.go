package tty

import (
	"errors"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Of several terminals each slave belongs to its master, and no process that starts gets any of them.
func TestEachSlaveHasItsMaster(t *testing.T) {
	type pair struct{ master, slave *os.File }
	var open []pair
	for range 4 {
		m, s, err := Open()
		if err != nil {
			t.Skipf("no terminals here: %v", err)
		}
		t.Cleanup(func() { m.Close(); s.Close() })
		open = append(open, pair{m, s})
	}
	for i, p := range open {
		for _, f := range []*os.File{p.master, p.slave} {
			raw, err := f.SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			_ = raw.Control(func(fd uintptr) {
				if flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
					t.Errorf("%d: %s has the flags %d, %v", i, f.Name(), flags, err)
				}
			})
		}
		text := string(rune('a' + i))
		if _, err := p.slave.WriteString(text); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1)
		if _, err := p.master.Read(b); err != nil || string(b) != text {
			t.Errorf("%d: %q came, %v", i, b, err)
		}
	}
	// A read of a master can be ended.
	if err := open[0].master.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := open[0].master.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}
