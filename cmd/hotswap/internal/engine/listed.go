package engine

import (
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// listed returns the addresses in the output of lsof -F tn: lines "tIPv6" and "n*:4000" for each socket.
func listed(text string) (out []handoff.Endpoint) {
	network := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if kind, ok := strings.CutPrefix(line, "t"); ok {
			network = map[string]string{"IPv4": "tcp4", "IPv6": "tcp6"}[kind]
		}
		if name, ok := strings.CutPrefix(line, "n"); ok && network != "" {
			if e, err := handoff.ParseEndpoint(network + ":" + name); err == nil && !slices.Contains(out, e) {
				out = append(out, e)
			}
		}
	}
	return out
}
