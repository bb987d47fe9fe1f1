package ui

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestManyListenersAreOneLine(t *testing.T) {
	n := report.NoticeServing{Gen: 1}
	for port := range 199 {
		n.Endpoints = append(n.Endpoints, handoff.Endpoint{Network: "tcp4", Addr: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(4001+port))})
	}
	var b bytes.Buffer
	(&Printer{logger: logger{zerolog.New(&b)}, hinted: true}).Notice(n)
	if !strings.Contains(b.String(), "generation 1 serves 127.0.0.1:4001 127.0.0.1:4002 127.0.0.1:4003 127.0.0.1:4004 and 195 more") {
		t.Error(b.String())
	}
}

// A generation at another port of the same address may have looked for a free one, and met the old version.
func TestAnotherPortIsExplained(t *testing.T) {
	at := func(address string) []handoff.Endpoint {
		return []handoff.Endpoint{{Network: "tcp4", Addr: netip.MustParseAddrPort(address)}}
	}
	for served, want := range map[string]bool{"127.0.0.1:3001": true, "0.0.0.0:3001": false} {
		var b bytes.Buffer
		(&Printer{logger: logger{zerolog.New(&b)}, hinted: true}).Notice(report.NoticeServing{Gen: 2, Endpoints: at(served), Unserved: at("127.0.0.1:3000")})
		if !strings.Contains(b.String(), "generation 2 does not serve 127.0.0.1:3000, which the previous generation served") || strings.Contains(b.String(), lookedElsewhere) != want {
			t.Errorf("%s: %s", served, b.String())
		}
	}
}
