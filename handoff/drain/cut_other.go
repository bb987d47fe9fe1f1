//go:build !linux

package drain

import "github.com/hotswap-dev/hotswap/handoff"

// Cut ends nothing: here one process shows nobody its connections.
func Cut([]int, []handoff.Endpoint) int { return 0 }
