package engine

import (
	"os"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/writes"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// intercepted gives each generation gates of its own, as passed does, but wherever the program listens: the kernel
// reports what programs bind.
type intercepted struct{ passed }

// intercept returns an error if the kernel does not report that.
func (e *Engine) intercept(watch bool, ports intercept.Ports, cfg *supervisor.Config) error {
	t, err := intercept.New(e.Registry, e.Registry.Probe)
	if err != nil {
		return err
	}
	if watch {
		own := os.Getpid()
		w := writes.New(".", func() []int { return append(proc.Descendants(own), own) })
		t.Writes, e.Writes = w, w
	}
	t.Ports, e.Ports, e.Mechanism = ports, ports, intercepted{passed{none{e.Registry}}}
	cfg.Transports, cfg.BuildTransports = []handoff.Transport{t}, []handoff.Transport{t.Builds()}
	return nil
}
