package ui

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
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
