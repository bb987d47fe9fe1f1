//go:build linux

package e2e

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// endsSize is how many clients of each kind there are.
type endsSize struct{ sockets, streams, kept, fresh, slow int }

// endsClients are clients of all kinds of connections.
type endsClients struct {
	t       testing.TB
	size    endsSize
	sockets *duplex
	streams *load.Events // nil: there is none
	traffic *traffic
	cancel  context.CancelFunc
}

// endsTally is what they have seen.
type endsTally struct {
	sockets  load.DuplexStats
	streams  load.EventsStats
	requests load.Snapshot
}

func beginEndsClients(t testing.TB, port string, n endsSize) *endsClients {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	target := "127.0.0.1:" + port
	c := &endsClients{t: t, size: n, cancel: cancel, sockets: beginDuplex(t, "ws://"+target+"/ws", n.sockets)}
	t.Cleanup(cancel)
	if n.streams > 0 {
		c.streams = load.NewEvents(load.EventsConfig{Target: target, Clients: n.streams, Timeout: patience})
		go c.streams.Run(ctx)
		t.Cleanup(func() {
			cancel()
			c.streams.Wait()
		})
	}
	kinds := []load.Kind{load.KeepAliveGET(n.kept), load.SlowKeepAlive(n.slow, slow), load.FreshGET(n.fresh)}
	kinds[0].Think = 0
	kinds = slices.DeleteFunc(kinds, func(k load.Kind) bool { return k.Workers == 0 })
	c.traffic = begin(t, kinds, load.ExampleChecks(), target)
	return c
}

// at waits until every client has heard this version.
func (c *endsClients) at(version int) {
	c.t.Helper()
	c.sockets.at(version)
	c.traffic.Answers(strconv.Itoa(version), 50)
	if c.streams == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.streams.Await(ctx, func(s load.EventsStats) bool {
		return s.Versions[strconv.Itoa(version)] == c.size.streams
	}); err != nil {
		c.t.Fatalf("all streams at version %d: %v\n%v", version, err, c.streams.Stats())
	}
}

// end ends the clients, and demands that no request was lost.
func (c *endsClients) end() (n endsTally) {
	c.t.Helper()
	c.cancel()
	c.sockets.cancel()
	if c.streams != nil {
		n.streams = c.streams.Wait()
	}
	n.sockets = c.sockets.d.Wait()
	n.requests = c.traffic.end(c.t)
	if len(n.sockets.Failed) > 0 || len(n.streams.Failed) > 0 {
		c.t.Errorf("failed to open: WebSockets %v, event streams %v", n.sockets.Failed, n.streams.Failed)
	}
	return n
}

// String returns a line.
func (n endsTally) String() string {
	return fmt.Sprintf("WebSockets %v, back within %v; event streams %v (%d split); %d requests, %d failed",
		n.sockets.Closes, n.sockets.Back, n.streams.Ends, n.streams.Split, n.requests.Requests, n.requests.Failed())
}
