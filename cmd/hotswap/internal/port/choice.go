package port

import "slices"

// Choice is the port that a program is told.
type Choice struct {
	Port  int // 0: none is free
	Taken int // the folder's own port, which another program has for now; 0: none
}

const (
	most    = 1000  // ports are tried
	highest = 65535 // tcp(7)
)

// blocked are the ports from 4000 on that browsers refuse (fetch.spec.whatwg.org/#port-blocking).
var blocked = []int{4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080}

// choose returns the port of a folder: its own one, or else the first from from on that neither another folder nor
// anybody else has.
func choose(own int, others []int, from int, taken func(port int) bool) (c Choice) {
	if own >= from {
		if !taken(own) {
			return Choice{Port: own}
		}
		c.Taken = own
	}
	for p := from; p < min(from+most, highest+1); p++ {
		if p != c.Taken && !slices.Contains(others, p) && !slices.Contains(blocked, p) && !taken(p) {
			c.Port = p
			break
		}
	}
	return c
}
