//go:build !linux

package proc

import "time"

// Work is not known here.
func Work([]int) (used time.Duration, runs bool) { return 0, false }
