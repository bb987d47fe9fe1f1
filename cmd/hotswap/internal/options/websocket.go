package options

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/node/websocket"
)

// parseWebSocket reads a value of --websocket: MODE[:PATTERN].
func parseWebSocket(text string) (websocket.Rule, error) {
	mode, pattern, limited := strings.Cut(text, ":")
	r := websocket.Rule{Pattern: pattern}
	switch mode {
	case "tell":
	case "keep":
		r.Keep = true
	default:
		return r, fmt.Errorf("give tell or keep, and then :PATTERN for some paths only")
	}
	if limited {
		if err := r.Check(); err != nil || pattern == "" {
			return r, fmt.Errorf("%q: give a pattern for the path of the URL, such as /feed or /api/**", pattern)
		}
	}
	return r, nil
}

// KeepsWebSockets reports whether some WebSockets move to the next process.
func (o Options) KeepsWebSockets() bool {
	return slices.ContainsFunc(o.Websocket, func(r websocket.Rule) bool { return r.Keep })
}
