package peer

// process is what is known of a process.
type process struct {
	parent, session int
	hidden          bool // it cannot be inspected, or lives in another namespace
	speaks          bool // it serves somebody, or talks to another machine
}

// harmless reports whether the processes that have a client's socket speak for nobody but themselves. hidden has the
// sessions of the processes that cannot be inspected.
func harmless(holders []int, hidden map[int]bool, of func(pid int) (process, bool)) bool {
	for _, pid := range holders {
		p, ok := of(pid)
		session := p.session
		for seen := 0; ; seen++ {
			if !ok || p.session != session || p.hidden || p.speaks || hidden[session] || seen > 1000 {
				return false // also where somebody in between has ended, so that the rest of the session is not known
			}
			if p.parent == 0 || pid == session { // the first process, one that came from another namespace, or the leader
				break
			}
			pid = p.parent
			p, ok = of(pid)
		}
	}
	return len(holders) > 0
}
