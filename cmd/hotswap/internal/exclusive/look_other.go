//go:build !linux

package exclusive

// readFacts returns nothing: only Linux shows what other processes have open. What the program's output says still
// counts.
func readFacts([]int) facts { return facts{} }
