//go:build !linux

package engine

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/listenfds"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/runtime/connections"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// newRegistry returns a registry in which no gate is ever opened, because no kernel but Linux steers a group of
// sockets.
func newRegistry(*scratch.Folder) *reuseport.Registry { return reuseport.NewRegistry(nil) }

// steers says that no other kernel steers groups of sockets. So where all generations have the sockets of --listen, or
// of a socket activator, and accept when they like, programs do not ask for others.
const steers = false

// declare opens the addresses of --listen, and returns what each generation gets by number. All generations have the
// one socket, so that clients wait in its queue while no generation runs.
func (e *Engine) declare(o options.Options, a systemd.Activation) (systemd.Activation, error) {
	for _, at := range o.Listen {
		passed, err := openShared(at, o.ListenMode[at])
		if err != nil {
			return nil, Taken("--listen", at, err)
		}
		a = append(a, passed)
	}
	return a, nil
}

func (*Engine) intercept(bool, intercept.Ports, *supervisor.Config) error {
	return errors.New("only Linux shows hotswap the sockets of programs")
}

// pass gives all generations the same sockets. They are no mechanism, because hotswap does not see that a program
// serves.
func (e *Engine) pass(p systemd.Activation, cfg *supervisor.Config) {
	cfg.Transports = append(cfg.Transports, listenfds.New(e.Registry, p, nil))
}

// inspectKernel is nil, because no other kernel shows hotswap the connections of a program.
var inspectKernel func(run.DrainSpec, *connections.Session) (inspector, error)

var detach func(tree []int, at []handoff.Endpoint)

// ListenerOwner returns 0: only Linux says which process has a socket.
func ListenerOwner(handoff.Endpoint) (pid int, name, dir string) { return 0, "", "" }

// listenerAt returns 0, for the same reason.
func listenerAt(netip.AddrPort) (cookie uint64, uid int) { return 0, 0 }

// sleepable returns an error, because only Linux shows hotswap whether a program has work.
func (*Engine) sleepable() error {
	return exit.Unavailablef("--idle: only on Linux does hotswap see whether the program has connections")
}

// Asked reports true, for the same reason.
func (*Engine) Asked() bool { return true }

func (*Engine) passOn(context.Context) {}

func (*Engine) sleep(context.Context, time.Duration) {}

// connections are not counted.
type connectionCount struct{}

func (connectionCount) complete(st *report.Status) {
	st.Generations = slices.Clone(st.Generations) // other readers share the old one
}
