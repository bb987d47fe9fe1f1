package ui

import (
	"fmt"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// relayed tells of clients that waited at the gate of a dead generation, or at a
// listener that its program has closed.
func (l Printer) relayed(n supervisor.NoticeRelayed) {
	from := fmt.Sprintf("generation %d", n.From)
	switch n.From {
	case reuseport.Parent:
		from = "the previous hotswap"
	case 0:
		from = "the open address"
	case n.To:
		from = "a listener that the program has closed"
	}
	are := "are"
	if n.Count == 1 {
		are = "is"
	}
	l.Log.Info().Str("event", "relayed").Int("from", int(n.From)).Int("gen", int(n.To)).Int("count", n.Count).
		Msgf("%s that waited at %s %s passed on to generation %d", human.Count(n.Count, "client"), from, are, n.To)
}
