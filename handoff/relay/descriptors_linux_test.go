package relay

import (
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Where hotswap has no descriptor left for a moment, a request that has been read is not lost, and nobody waits for it: who
// calls Pass is the supervisor's loop.
func TestWithoutADescriptor(t *testing.T) {
	client, fd, dial := moving(t, echo)
	_, other, _ := moving(t, echo)
	var was unix.Rlimit
	testkit.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
	next := testkit.Must(unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0))(t) // the lowest that is free
	testkit.NoError(t, unix.Close(next))
	synctest.Test(t, func(t *testing.T) {
		r, began := New(), time.Now()
		r.dial = dial
		testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(next), Max: was.Max}))
		r.Move(1, fd, []byte("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"), 0)
		synctest.Wait() // it tries again
		passes := r.Pass(other, "")
		testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was))
		if passed := time.Since(began); passes || passed > 0 {
			t.Errorf("it passes a client on: %t; that took %v", passes, passed)
		}
		time.Sleep(wait.Look) // fake time stands still while somebody reads
		if got := read(t, client); got != "/a  true <nil>" {
			t.Errorf("%q", got)
		}
		client.Close()
		r.Finish(time.Second)
	})
}
