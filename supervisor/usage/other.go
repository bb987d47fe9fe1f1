//go:build !linux

package usage

import "time"

// MemoryOf returns 0.
func MemoryOf([]int) uint64 { return 0 }

// MemoryLeft returns false.
func MemoryLeft() (uint64, bool) { return 0, false }

// Starved returns 0.
func Starved([]int) time.Duration { return 0 }

// Work returns 0 and false.
func Work([]int) (used time.Duration, runs bool) { return 0, false }
