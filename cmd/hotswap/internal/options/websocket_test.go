package options

import (
	"testing"

	"github.com/hotswap-dev/hotswap/handoff/runtime/node/websocket"
)

func TestParseWebSocket(t *testing.T) {
	for text, want := range map[string]websocket.Rule{
		"tell":           {},
		"keep":           {Keep: true},
		"keep:/a/**":     {Pattern: "/a/**", Keep: true},
		"tell:/with:two": {Pattern: "/with:two"},
	} {
		if got, err := parseWebSocket(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}
