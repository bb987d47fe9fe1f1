package main

import (
	"context"
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// trySwap is one real swap with a handful of requests.
func trySwap(b *bench) finding {
	const advice = "please report it, with the output of hotswap doctor --json"
	for _, id := range []string{idSeccomp, idKeeper, idMemory, idSteer, idLeave} {
		if b.found[id] == missing {
			return apartf("not tried: %s does not work", id)
		}
	}
	port, err := freePort()
	if err != nil {
		return apartf("not tried: %v", err)
	}
	backend, err := newSwapped(demoOptions(), chooseWay, port)
	if err != nil {
		return no("not begun", err.Error(), advice)
	}
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	r, err := trial{
		backend: backend, port: port, swaps: 1, pace: 100 * time.Millisecond,
		kinds: []load.Kind{load.FreshGET(2), load.KeepAlivePOST(2), load.SlowFresh(1, 100*time.Millisecond)},
	}.run(ctx)
	if err != nil {
		return no("the swap failed", err.Error(), advice)
	}
	n := r.load.Failed()
	switch {
	case n > 0 && b.found[idGetFD] == missing:
		return no(fmt.Sprintf("%d of %d requests lost", n, r.load.Requests),
			"without pidfd_getfd nobody can close a connection between two requests: the old process cuts those in use when it ends",
			"allow pidfd_getfd, see above")
	case n > 0:
		return no(fmt.Sprintf("%d of %d requests lost", n, r.load.Requests), r.load.Examples[0].String(), advice)
	}
	return okf("%d requests, 0 lost; cutover %d µs", r.load.Requests, r.times.cutover[0].Microseconds())
}
