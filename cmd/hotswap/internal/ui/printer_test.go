package ui

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// What the machine forbids is said once, and not again after each save.
func TestInjectedSocketsAreToldOnce(t *testing.T) {
	var b bytes.Buffer
	p := &Printer{logger: logger{zerolog.New(&b).Level(zerolog.InfoLevel)}}
	for gen := range handoff.GenID(3) {
		p.Notice(report.NoticeEvent{Event: handoff.Degraded{Gen: gen, Err: errors.New("no"), Use: "its own sockets"}})
	}
	if n := strings.Count(b.String(), "sockets-injected"); n != 1 {
		t.Errorf("%d lines:\n%s", n, b.String())
	}
}

// To wait for an installer is no trouble.
func TestNoticesOfTheWatcherAsEvents(t *testing.T) {
	for _, c := range []struct {
		n    watch.Notice
		want string
	}{
		{watch.Notice{Kind: watch.Installing, Path: "/w/m", Name: "npm ci (process 7)"}, `{"level":"info","event":"installing","path":"/w/m","process":"npm ci (process 7)",`},
		{watch.Notice{Kind: watch.Unreadable, Path: "/w/a", Err: errors.New("no")}, `{"level":"warn","event":"watch","error":"no",`},
	} {
		var b bytes.Buffer
		(&Printer{logger: logger{zerolog.New(&b)}}).Watched(c.n)
		if !strings.HasPrefix(b.String(), c.want) {
			t.Errorf("%s\nwant %s", b.String(), c.want)
		}
	}
}
