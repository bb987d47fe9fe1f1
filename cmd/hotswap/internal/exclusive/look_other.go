//go:build !linux

package exclusive

// look returns nothing: only Linux shows what other processes have open. What the program's output says still counts.
func look([]int) facts { return facts{} }
