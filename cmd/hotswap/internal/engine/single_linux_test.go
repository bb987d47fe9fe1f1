package engine

import (
	"net"
	"testing"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor"
	"golang.org/x/sys/unix"
)

// Of a socket at whose address no second one can be opened, the generations take
// turns: the old process ends before the new one starts, and no standby is made.
func TestTurnsAtASingleSocket(t *testing.T) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // as systemd opens it
	for _, single := range []bool{false, true} {
		l := testkit.Must(lc.Listen(t.Context(), "tcp4", "127.0.0.1:0"))(t)
		defer l.Close()
		f := testkit.Must(l.(*net.TCPListener).File())(t)
		defer f.Close()
		if single {
			if err := f.Chown(12345, -1); err != nil { // sockfs_setattr
				t.Skipf("a socket cannot be given to another user here: %v", err)
			}
		}
		fd := testkit.Must(unix.Dup(int(f.Fd())))(t)
		e := testkit.Must(handoff.ParseEndpoint(l.Addr().String()))(t)
		cfg := supervisor.Config{Environ: func() (supervisor.Environment, error) {
			return supervisor.Environment{}, nil
		}}
		passed := systemd.Activation{{Endpoint: e, FD: fd}}
		engine := New(nil)
		c := Config{Options: options.Options{NoWatch: true}, Activation: passed, Supervisor: cfg}
		cfg = testkit.Must(engine.configure(c))(t)
		if (cfg.Warmer == nil) != single || (cfg.Policy.Strategy == supervisor.StopFirst) != single {
			t.Errorf("single %v: a standby %v, strategy %v", single, cfg.Warmer, cfg.Policy.Strategy)
		}
		engine.Close()
	}
}
