//go:build trustclients

package engine

import (
	"os"

	"github.com/hotswap-dev/hotswap/internal/peer"
)

// Tests whose clients are in a process that listens build hotswap with this tag, as do tests of what other systems have. No
// release has it.
func init() {
	blind = os.Getenv("HOTSWAP_BLIND") != ""
	if os.Getenv("HOTSWAP_TRUST_CLIENTS") != "" {
		trusted = func(peer.Ends) bool { return true }
	}
}
