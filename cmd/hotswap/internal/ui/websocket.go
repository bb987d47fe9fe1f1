package ui

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
)

// kept tells what became of a generation's WebSockets that were to be kept.
func (l Printer) WebSockets(k node.HandoffStats) {
	moved := ""
	if k.Moved > 0 {
		moved = human.Count(k.Moved, "WebSocket") + " moved on"
	}
	told, texts := 0, []string(nil)
	for _, why := range slices.Sorted(maps.Keys(k.Told)) {
		told += k.Told[why]
		texts = append(texts, fmt.Sprintf("%d told to come back: %s", k.Told[why], why))
	}
	l.Log.Info().Str("event", "websockets").Int("gen", int(k.Gen)).Int("moved", k.Moved).Int("told", told).
		Strs("reasons", slices.Sorted(maps.Keys(k.Told))).
		Msg(human.Dots(append([]string{fmt.Sprintf("generation %d", k.Gen), moved}, texts...)...))
}
