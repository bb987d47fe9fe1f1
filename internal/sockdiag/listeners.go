package sockdiag

// Listeners returns the inodes of the listening TCP sockets of this network namespace, those of one port
// unless port is 0.
func Listeners(port uint16) (map[uint64]bool, error) {
	all, err := Dump(Query{States: []State{Listen}, Port: port})
	out := make(map[uint64]bool, len(all))
	for _, s := range all {
		out[s.Inode] = true
	}
	return out, err
}
