package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/demo"
)

// trySwap makes one real swap under a handful of requests.
func trySwap(s *session) Finding {
	const advice = "please report it, with the output of hotswap doctor --json"
	for _, id := range []string{IDSeccomp, IDKeeper, IDMemory, IDSteer, IDLeave} {
		if s.found[id] == Missing {
			return notApplicable("not tried: %s does not work", id)
		}
	}
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Second)
	defer cancel()
	seen, cutover, err := demo.TrySwap(ctx)
	if err != nil {
		return missing("the swap failed", err.Error(), advice)
	}
	n := seen.Failed()
	switch {
	case n > 0 && s.found[IDGetFD] == Missing:
		return missing(fmt.Sprintf("%d of %d requests lost", n, seen.Requests),
			"without pidfd_getfd hotswap cannot close a connection between two requests: the old process cuts those in use when it ends",
			"allow pidfd_getfd, see above")
	case n > 0:
		return missing(fmt.Sprintf("%d of %d requests lost", n, seen.Requests), seen.Examples[0].String(), advice)
	}
	return works("%d requests, 0 lost; cutover %d µs", seen.Requests, cutover.Microseconds())
}
