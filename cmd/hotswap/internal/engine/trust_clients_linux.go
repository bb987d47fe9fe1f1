//go:build trustclients

package engine

import (
	"os"

	"github.com/hotswap-dev/hotswap/internal/peer"
)

// Tests whose clients are in a process that listens build hotswap with this tag. No release has it.
func init() {
	if os.Getenv("HOTSWAP_TRUST_CLIENTS") != "" {
		trusted = func(peer.Ends) bool { return true }
	}
}
