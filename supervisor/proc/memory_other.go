//go:build !linux

package proc

// MemoryKills is 0: nothing tells.
func MemoryKills() int { return 0 }

// MemoryOf is not known here.
func MemoryOf([]int) uint64 { return 0 }

// MemoryLeft is not known here.
func MemoryLeft() (uint64, bool) { return 0, false }
