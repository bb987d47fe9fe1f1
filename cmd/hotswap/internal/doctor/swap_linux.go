package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/engine"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// trySwap is one real swap with a handful of requests.
func trySwap(b *bench) Finding {
	const advice = "please report it, with the output of hotswap doctor --json"
	for _, id := range []string{IdSeccomp, IdKeeper, IdMemory, IdSteer, IdLeave} {
		if b.found[id] == Missing {
			return apartf("not tried: %s does not work", id)
		}
	}
	port, err := demo.FreePort()
	if err != nil {
		return apartf("not tried: %v", err)
	}
	backend, err := demo.NewSwapped(demo.Options(), engine.Choose, port)
	if err != nil {
		return no("not begun", err.Error(), advice)
	}
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	r, err := demo.Trial{
		Backend: backend, Port: port, Swaps: 1, Pace: 100 * time.Millisecond,
		Kinds: []load.Kind{load.FreshGET(2), load.KeepAlivePOST(2), load.SlowFresh(1, 100*time.Millisecond)},
	}.Run(ctx)
	if err != nil {
		return no("the swap failed", err.Error(), advice)
	}
	n := r.Load.Failed()
	switch {
	case n > 0 && b.found[IdGetFD] == Missing:
		return no(fmt.Sprintf("%d of %d requests lost", n, r.Load.Requests),
			"without pidfd_getfd hotswap cannot close a connection between two requests: the old process cuts those in use when it ends",
			"allow pidfd_getfd, see above")
	case n > 0:
		return no(fmt.Sprintf("%d of %d requests lost", n, r.Load.Requests), r.Load.Examples[0].String(), advice)
	}
	return okf("%d requests, 0 lost; cutover %d µs", r.Load.Requests, r.Times.Cutover[0].Microseconds())
}
