package engine

import (
	"context"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/systemd"
	"github.com/hotswap-dev/hotswap/handoff/drain"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/runtime/connections"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/handoff/unixpath"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// newRegistry returns the registry of the kernel's groups of listening sockets.
func newRegistry(tmp *scratch.Folder) *reuseport.Registry {
	return reuseport.NewRegistry(sockets.System{Files: unixpath.Files{Folder: tmp.Make}})
}

// steers says that the kernel steers groups of sockets: those that are passed do not keep programs from asking for
// others.
const steers = true

// declare opens the addresses of --listen that no parent has left, and returns what each generation gets by number.
func (e *Engine) declare(o options.Options, a systemd.Activation) (systemd.Activation, error) {
	for _, at := range o.Listen {
		if e.Registry.Declared(at) {
			continue
		}
		if at.IsUnix() {
			unixpath.RemoveLeftovers(at)
		}
		if err := e.Registry.Declare(at, o.ListenMode[at]); err != nil {
			return nil, Taken("--listen", at, err)
		}
	}
	return a.Passed(o.Listen), nil
}

// passOn passes on the clients of the paths that a socket activator has.
func (e *Engine) passOn(ctx context.Context) { e.Registry.PassOn(ctx, e.relay.Join) }

var detach = drain.Cut

// inspectKernel returns what the kernel shows of the processes that have no adapter. Where nobody serves until this
// generation has ended, everybody waits, and a shorter rest has to do.
func inspectKernel(r run.DrainSpec, a *connections.Session) (inspector, error) {
	cfg := drain.Config{Endpoints: r.Endpoints, Tree: r.Tree, Waiting: r.Waiting, Relieved: r.Steered, Rest: drain.Rest}
	if r.StopFirst || !r.Steered && !r.Reserve {
		cfg.Rest = drain.RestOfLast
	}
	if a != nil {
		cfg.Told = a.Tells
	}
	w, err := drain.Open(cfg)
	if err != nil {
		return nil, err
	}
	return w, nil
}
