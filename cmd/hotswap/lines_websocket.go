package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
)

// kept tells what became of a generation's WebSockets that were to be kept.
func (l lines) WebSockets(k node.Kept) {
	moved := ""
	if k.Moved > 0 {
		moved = count(k.Moved, "WebSocket") + " moved on"
	}
	told, texts := 0, []string(nil)
	for _, why := range slices.Sorted(maps.Keys(k.Told)) {
		told += k.Told[why]
		texts = append(texts, fmt.Sprintf("%d told to come back: %s", k.Told[why], why))
	}
	l.log.Info().Str("event", "websockets").Int("gen", int(k.Gen)).Int("moved", k.Moved).Int("told", told).
		Strs("reasons", slices.Sorted(maps.Keys(k.Told))).
		Msg(dots(append([]string{fmt.Sprintf("generation %d", k.Gen), moved}, texts...)...))
}
