//go:build !linux

package proc

// MemoryKills returns 0: not known here.
func MemoryKills() int { return 0 }

// MemoryOf returns 0: not known here.
func MemoryOf([]int) uint64 { return 0 }

// MemoryLeft is not known here.
func MemoryLeft() (uint64, bool) { return 0, false }
