package engine

import (
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff"
)

// listed returns the addresses in the output of lsof -F tn: lines "tIPv6" and "n*:4000" for each socket.
func listed(text string) (out []handoff.Endpoint) {
	all := "" // addresses of the family
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if kind, ok := strings.CutPrefix(line, "t"); ok {
			all = map[string]string{"IPv4": "0.0.0.0", "IPv6": "[::]"}[kind]
		}
		if name, ok := strings.CutPrefix(line, "n"); ok && all != "" {
			if e, err := handoff.ParseEndpoint(strings.Replace(name, "*", all, 1)); err == nil &&
				!slices.Contains(out, e) {
				out = append(out, e)
			}
		}
	}
	return out
}
