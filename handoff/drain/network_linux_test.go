package drain

import (
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	threads "github.com/hotswap-dev/hotswap/internal/thread"
)

// elsewhere makes a connection in a network namespace of its own, whose two ends
// are in this process.
func elsewhere(t *testing.T) (client, server net.Conn) {
	t.Helper()
	var failed error
	threads.Own(func() { // on the process's first thread, the namespace would be that of /proc/self for the tests behind
		failed = func() error {
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				return err
			}
			if err := testkit.LoopbackUp(); err != nil {
				return err
			}
			l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
			if err != nil {
				return err
			}
			defer l.Close()
			if client, err = net.Dial("tcp4", l.Addr().String()); err != nil {
				return err
			}
			server, err = l.Accept()
			return err
		}()
	})
	if failed != nil {
		t.Skip("no network namespaces here: ", failed)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

// A helper's connection in another network namespace, at the port that is
// drained, is not one of the program's clients.
func TestConnectionInAnotherNetworkNamespace(t *testing.T) {
	client, server := elsewhere(t)
	testkit.Must(client.Write([]byte("request")))(t)
	testkit.Must(server.Read(make([]byte, 7)))(t)
	for _, can := range []bool{true, false} {
		cfg := Config{
			Endpoints: []handoff.Endpoint{endpoint(server.LocalAddr().String())},
			Tree:      func() []int { return []int{os.Getpid()} }, CanGetFD: can,
		}
		end := run(t, cfg, 10*time.Second)
		if r, err := end(); err != nil || r.Connections != 0 {
			t.Errorf("pidfd_getfd %v: %+v %v", can, r, err)
		}
	}
}
