package engine

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A port of TCP and one of UDP may be two programs'.
func TestListenerOwnerOfUDP(t *testing.T) {
	var tcp *net.TCPListener
	var udp *net.UDPConn
	var at netip.AddrPort
	testkit.Eventually(t, func() (err error) { // somebody else may have the port of UDP
		at = testkit.FreeAddress(t, "127.0.0.1")
		if udp, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at)); err == nil {
			tcp, err = net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(at))
		}
		return err
	})
	defer tcp.Close()
	defer udp.Close()
	for network, socket := range map[string]interface{ File() (*os.File, error) }{"tcp4": tcp, "udp4": udp} {
		file := testkit.Must(socket.File())(t)
		defer file.Close()
		cmd := exec.Command("sleep", "1000")
		cmd.Stdin = file
		testkit.NoError(t, cmd.Start())
		defer cmd.Wait()
		defer cmd.Process.Kill()
		if pid, _, _ := ListenerOwner(handoff.Endpoint{Network: network, Addr: at}); pid != cmd.Process.Pid {
			t.Errorf("%s: process %d, want %d", network, pid, cmd.Process.Pid)
		}
	}
	if pid, _, _ := ListenerOwner(handoff.Endpoint{Network: "udp4", Addr: netip.AddrPortFrom(at.Addr(), 1)}); pid != 0 {
		t.Errorf("process %d has port 1", pid)
	}
}

// A message that names MainThread would tell nobody which program has the port.
func TestProcessNameOfNode(t *testing.T) {
	const own = "/proc/self/comm"
	before := testkit.Must(os.ReadFile(own))(t)
	t.Cleanup(func() { os.WriteFile(own, before, 0) })
	exe := testkit.Must(os.Executable())(t)
	for comm, want := range map[string]string{"MainThread": filepath.Base(exe), "server": "server"} {
		testkit.NoError(t, os.WriteFile(own, []byte(comm), 0))
		if got := processName(os.Getpid()); got != want {
			t.Errorf("%s: %q, want %q", comm, got, want)
		}
	}
}
