package relay

import (
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Where hotswap has no descriptor left for a moment, a request that has been read is not lost.
func TestMoveWithoutADescriptor(t *testing.T) {
	client, fd, dial := moving(t, echo)
	var was unix.Rlimit
	testkit.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
	next := testkit.Must(unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0))(t) // the lowest that is free
	testkit.NoError(t, unix.Close(next))
	synctest.Test(t, func(t *testing.T) {
		r, done := New(), make(chan struct{})
		r.dial = dial
		testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(next), Max: was.Max}))
		go func() {
			defer close(done)
			r.Move(1, fd, []byte("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"), 0)
		}()
		synctest.Wait() // it waits
		testkit.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was))
		<-done
		if got := read(t, client); got != "/a  true <nil>" {
			t.Errorf("%q", got)
		}
		client.Close()
		r.Finish(time.Second)
	})
}
