//go:build unix

package watchers

import (
	"context"
	"strconv"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// socket is what one client has seen that has one connection open, and opens another one when that ends.
type socket struct {
	Kind string         `json:"kind"` // WebSocket or event stream
	Ends map[string]int `json:"ends"` // by what the client was told: a close code, or how a stream ended
	Open int            `json:"open"` // connections open at the end: 0 or 1
	Code map[string]int `json:"code"` // open connections by the version of their last message
}

// listen opens a connection, and returns a function that tells what the client has seen.
func (c contender) listen(ctx context.Context, p *fresh.Process) (seen func() socket, err error) {
	ctx, stop := context.WithCancel(ctx)
	opening, opened := context.WithTimeout(ctx, 10*time.Second)
	defer opened()
	if c.socket == "" {
		e := load.NewEvents(load.EventsConfig{Target: "127.0.0.1:" + p.Port})
		go e.Run(ctx)
		return func() socket {
			s := e.Stats()
			stop()
			e.Wait()
			ends := map[string]int{}
			for how, n := range s.Ends {
				ends[how] += int(n)
			}
			return socket{"event stream", ends, s.Open, s.Versions}
		}, e.Await(opening, func(s load.EventsStats) bool { return s.Open == 1 && s.Events > 0 })
	}
	d := load.NewDuplex(load.DuplexConfig{URL: "ws://127.0.0.1:" + p.Port + c.socket})
	go d.Run(ctx)
	return func() socket {
		s := d.Stats()
		stop()
		d.Wait()
		ends := map[string]int{}
		for code, n := range s.Closes {
			ends[strconv.Itoa(code)] += int(n)
		}
		return socket{"WebSocket", ends, s.Open, s.Versions}
	}, d.Await(opening, func(s load.DuplexStats) bool { return s.Open == 1 && s.Echoes.Received > 0 })
}
