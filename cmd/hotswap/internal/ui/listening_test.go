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
