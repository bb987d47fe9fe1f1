package main

import (
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/notify"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
)

// readySources find out, or are told, that a generation is ready; none if it
// is enough that it listens. gates says that sockets are handed over, so that
// two generations may serve at once.
func readySources(o readyOption, r *handoff.Registry, gates bool) []handoff.Transport {
	switch o.kind {
	case readyNotify:
		return []handoff.Transport{notify.New()}
	case readyLog:
		return []handoff.Transport{lineAwaited{o.line}}
	case readyAfter:
		return []handoff.Transport{readiness.After{Delay: o.after}}
	}
	return nil
}
