package options

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
)

// parseWebSocket reads --websocket: MODE[:PATTERN].
func parseWebSocket(text string) (node.Rule, error) {
	mode, pattern, limited := strings.Cut(text, ":")
	name, number, counted := strings.Cut(mode, "=")
	r := node.Rule{Pattern: pattern}
	switch {
	case mode == "tell":
	case mode == "keep":
		r.Keep = true
	case name == "replay":
		r.Keep, r.Replay = true, 1
		if counted {
			n, err := strconv.Atoi(number)
			if err != nil || n < 1 || n > 1000 {
				return r, fmt.Errorf("%q: give a number of messages from 1 to 1000", number)
			}
			r.Replay = n
		}
	default:
		return r, fmt.Errorf("give tell, keep, replay or replay=N, and then :PATTERN if it is for some paths only")
	}
	if limited {
		if err := r.Check(); err != nil || pattern == "" {
			return r, fmt.Errorf("%q: give a pattern for the path of the URL, such as /feed or /api/** or /{a,b}", pattern)
		}
	}
	return r, nil
}

// keeps says whether some WebSockets are kept.
func (o Options) Keeps() bool {
	return slices.ContainsFunc(o.Websocket, func(r node.Rule) bool { return r.Keep })
}
