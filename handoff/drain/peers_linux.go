package drain

import (
	"time"

	"github.com/hotswap-dev/hotswap/internal/peer"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const peerShare = 4 // a pause between two searches is at least this many times as long as the processor time of the search before it

// answers are what a search has found out.
type answers struct {
	of   map[uint64]peer.Peer // by socket cookie
	at   time.Duration        // when the search began
	took time.Duration        // on a busy machine much more than cost
	cost time.Duration        // processor time
}

// sure reports whether it is known who the client is.
func (d *Drain) sure(c *conn) bool { return c.state.last.At-c.whoAt <= d.goodFor() }

// goodFor returns how long a result counts, from the beginning of its search on. What a search has found is as old as the
// search is long: where that is more than a second, no newer result would ever come.
func (d *Drain) goodFor() time.Duration { return max(wait.Seldom, 2*d.searched) }

// findPeers notes which clients of this machine the last search has found, and starts a search in a goroutine if
// clients are unknown.
func (d *Drain) findPeers() {
	select {
	case found := <-d.peers:
		for cookie, who := range found.of {
			if c := d.conns[cookie]; c != nil {
				if c.whoAt == 0 || c.asksAt != 0 || who.Harmless != c.who.Harmless {
					c.lookAt = 0
				}
				c.who, c.whoAt, c.asksAt = who, max(found.at, 1), 0
			}
		}
		d.lookAt, d.searched = d.now()+peerShare*found.cost, found.took
	default:
	}
	if d.lookAt < 0 || d.now() < d.lookAt || d.cfg.Mover == nil || !d.cfg.CanGetFD {
		return
	}
	ends, search := make(map[uint64]peer.Ends), false
	for _, c := range d.conns { // all, because most of a search is the same for many as for one
		if c.near && c.state.seen && !c.moved && !c.reported && !c.state.other {
			ends[c.cookie] = c.ends()
			search = search || c.whoAt == 0 || c.asksAt != 0 || !c.who.Harmless && d.now()-c.whoAt > max(wait.Seldom, c.whoAt)
		}
	}
	if !search {
		return
	}
	d.lookAt = -1
	found := answers{at: d.now()}
	go func() {
		found.cost = cost(func() { found.of = d.search(ends) })
		found.took = d.now() - found.at
		d.peers <- found
		d.Look()
	}()
}

// search returns who is at the other ends, by socket cookie. It runs beside Run.
func (d *Drain) search(ends map[uint64]peer.Ends) map[uint64]peer.Peer {
	of := make(map[uint64]peer.Peer, len(ends))
	if d.cfg.Harmless != nil {
		for cookie, e := range ends {
			of[cookie] = peer.Peer{Harmless: d.cfg.Harmless(e)}
		}
		return of
	}
	var all []peer.Ends
	for _, e := range ends {
		all = append(all, e)
	}
	found := peer.Look(all)
	for cookie, e := range ends {
		who := found[e]
		who.Harmless = who.Harmless && !(who.Own && d.cfg.Mover.Made(e.Peer))
		of[cookie] = who
	}
	return of
}
