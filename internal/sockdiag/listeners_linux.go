package sockdiag

// Listeners returns the listening TCP sockets of this network namespace, or those of UDP that are not connected, by
// inode: those of one port unless port is 0.
func Listeners(udp bool, port uint16) (map[uint64]Socket, error) {
	q := Query{UDP: udp, States: []State{Listen}, Port: port}
	if udp {
		q.States[0] = Unconnected
	}
	all, err := Dump(q)
	out := make(map[uint64]Socket, len(all))
	for _, s := range all {
		out[s.Inode] = s
	}
	return out, err
}
