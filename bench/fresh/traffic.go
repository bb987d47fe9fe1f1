package fresh

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// traffic is what a program has to serve besides the probe.
type traffic struct {
	load    *load.Client
	cancel  context.CancelFunc
	streams sync.WaitGroup
}

// kinds make so many requests per second, half of them on kept connections, while an
// answer takes 2 ms; 0: as many as are answered. Besides, so many slow requests are always
// under way, every other one on a kept connection.
func kinds(perSecond, slow int) []load.Kind {
	kept, single := load.KeepAliveGET(4), load.FreshGET(4)
	kept.Think, single.Think = 0, 0
	if perSecond > 0 {
		think := 8*time.Second/time.Duration(perSecond) - 2*time.Millisecond
		kept.Think, single.Think = think, think
	}
	all := []load.Kind{kept, single}
	if slow > 0 {
		all = append(all, load.SlowKeepAlive(slow-slow/2, slowAnswer))
	}
	if slow > 1 {
		all = append(all, load.SlowFresh(slow/2, slowAnswer))
	}
	return all
}

// slowAnswer is how long a slow request takes.
const slowAnswer = 2 * time.Second

// beginTraffic begins to ask, and opens an event stream.
func beginTraffic(ctx context.Context, p *Process, kinds []load.Kind) *traffic {
	ctx, cancel := context.WithCancel(ctx)
	t := &traffic{cancel: cancel, load: load.New(load.Config{Targets: []string{"127.0.0.1:" + p.Port}, Kinds: kinds,
		Checks: load.ExampleChecks(), Timeout: Never})}
	go t.load.Run(ctx)
	if p.contender.NoStream != "" {
		return t
	}
	t.streams.Go(func() {
		for ctx.Err() == nil {
			follow(ctx, p.url("/events"))
			select {
			case <-time.After(50 * time.Millisecond): // as a browser comes back
			case <-ctx.Done():
			}
		}
	})
	return t
}

// follow reads an event stream to its end.
func follow(ctx context.Context, url string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		panic(err) // the address is ours
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
}

// end ends the traffic and returns its counts.
func (t *traffic) end() (counts tally) {
	t.cancel()
	s := t.load.Wait()
	t.streams.Wait()
	counts = tally{Requests: int(s.Requests), Stale: int(s.Counts[load.Stale])}
	counts.Failed = int(s.Failed()) - counts.Stale
	for _, e := range s.Examples {
		counts.example("%v", e)
	}
	return counts
}
