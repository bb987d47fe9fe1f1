package main

import (
	"context"
	"net"
	"strconv"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// readySources find out, or are told, that a generation is ready; none if it
// is enough that it listens. gates says that sockets are handed over, so that
// two generations may serve at once.
func readySources(o readyOption, r *reuseport.Registry, tmp *scratch.Folder, gates bool) []handoff.Transport {
	switch o.kind {
	case readyNotify:
		return []handoff.Transport{readiness.Notify(tmp)}
	case readyLog:
		return []handoff.Transport{lineAwaited{o.line}}
	case readyHTTP:
		return []handoff.Transport{readiness.HTTP(o.url, o.text, o.status, connector(o, r, gates))}
	case readyUnix:
		return []handoff.Transport{readiness.Accept(o.socket)}
	case readyAfter:
		return []handoff.Transport{readiness.After(o.after)}
	}
	return nil
}

// connector leads to the generation that is asked, and to no other.
func connector(o readyOption, r *reuseport.Registry, gates bool) readiness.Connector {
	if o.socket != "" {
		return readiness.AtSocket(o.socket)
	}
	port := uint16(80)
	if o.url.Scheme == "https" {
		port = 443
	}
	if n, err := strconv.ParseUint(o.url.Port(), 10, 16); err == nil {
		port = uint16(n)
	}
	if !gates {
		return readiness.Plainly(o.url.Hostname(), port)
	}
	return readiness.AtGate(o.url.Hostname(), port, r.Endpoints, func(ctx context.Context, gen handoff.GenID, e handoff.Endpoint) (net.Conn, error) {
		return reuseport.Dial(ctx, r, gen, e)
	})
}
