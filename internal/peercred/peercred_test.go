package peercred

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l := testkit.Must(net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"}))(t)
	defer l.Close()
	client := testkit.Must(net.DialUnix("unix", nil, l.Addr().(*net.UnixAddr)))(t)
	defer client.Close()
	server := testkit.Must(l.AcceptUnix())(t)
	defer server.Close()
	for _, end := range []*net.UnixConn{client, server} {
		if uid, pid, err := Of(end); uid != os.Getuid() || pid != os.Getpid() || err != nil {
			t.Errorf("user %d, process %d, %v", uid, pid, err)
		}
	}
	if _, pid, ok := Belongs(server, func() []int { return []int{1, os.Getpid()} }); pid != os.Getpid() || !ok {
		t.Errorf("process %d, %v", pid, ok)
	}
	if _, pid, ok := Belongs(server, func() []int { return []int{1} }); pid != os.Getpid() || ok {
		t.Errorf("process %d, %v", pid, ok)
	}
}
