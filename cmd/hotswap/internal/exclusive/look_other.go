//go:build !linux

package exclusive

// look sees nothing: processes cannot be looked into here.
func look(string, []int) facts { return facts{} }
