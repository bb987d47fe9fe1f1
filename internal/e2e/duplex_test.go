//go:build linux

package e2e

import (
	"context"
	"strconv"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// duplex are WebSocket clients that send every 40 ms and hear every 50 ms, until they
// are ended.
type duplex struct {
	t       testing.TB
	d       *load.Duplex
	clients int
	cancel  context.CancelFunc
}

func beginDuplex(t testing.TB, url string, clients int) *duplex {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	d := &duplex{t: t, d: load.NewDuplex(load.DuplexConfig{
		URL: url, Clients: clients, Timeout: patience,
	}), clients: clients, cancel: cancel}
	go d.d.Run(ctx)
	t.Cleanup(func() {
		cancel()
		d.d.Wait()
	})
	return d
}

func (d *duplex) await(what string, want func(load.DuplexStats) bool) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := d.d.Await(ctx, want); err != nil {
		s := d.d.Stats()
		d.t.Fatalf("%s: %v\n%v\nversions %v", what, err, s, s.Versions)
	}
}

// at waits until every client has heard this version last.
func (d *duplex) at(version int) {
	d.t.Helper()
	d.await("all at version "+strconv.Itoa(version), func(s load.DuplexStats) bool {
		return s.Versions[strconv.Itoa(version)] == d.clients
	})
}

func (d *duplex) end() load.DuplexStats {
	d.t.Helper()
	d.cancel()
	s := d.d.Wait()
	d.t.Logf("%d clients: %v", d.clients, s)
	if s.Other > 0 || len(s.Failed) > 0 {
		d.t.Errorf("%d messages that nobody should have sent; openings failed: %v", s.Other, s.Failed)
	}
	return s
}
