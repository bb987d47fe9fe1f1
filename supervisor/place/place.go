package place

import (
	"slices"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// placeRequest tells the place of its generation. Server.mu guards what is not constant.
type placeRequest struct {
	numbered
	handles bool // constant: it says when it has done what an event asks for
	written int  // the newest event that was written
	done    int  // the newest event that was handled
}

func (c *conn) place(r *request) error {
	p := &placeRequest{numbered: numbered{r.ID, c}, handles: r.Handles}
	if err := c.begin(p); err != nil {
		return err
	}
	s := c.server
	s.mu.Lock()
	c.of.asked[p] = true
	s.mu.Unlock()
	c.mark(p)
	return nil
}

func (p *placeRequest) say() (over bool) {
	ses := p.c.of
	ses.of.mu.Lock()
	defer ses.of.mu.Unlock()
	if ses.placed > p.written {
		p.put(answer{Event: "place", Seq: ses.placed, State: ses.state, Serving: new(ses.state == report.StateServing)})
	}
	if ses.drained > p.written {
		p.put(answer{Event: "drained", Seq: ses.drained})
	}
	p.written = ses.seq
	return false
}

func (p *placeRequest) dropLocked(bool) {
	delete(p.c.of.asked, p)
	p.c.of.finishLocked()
}

func (c *conn) done(r *request) error {
	p, ok := c.find(r.ID).(*placeRequest)
	if !ok {
		return errorf(codeBad, "request %d is not an open one for the place", r.ID)
	}
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	p.done = max(p.done, min(r.Seq, p.written))
	c.of.finishLocked()
	return nil
}

// tellLocked marks all requests that report the place, so that each sends what is new.
func (ses *Session) tellLocked() {
	for p := range ses.asked {
		p.c.mark(p)
	}
}

// finishLocked ends the wait for what the program does when it has drained, if that is done.
func (ses *Session) finishLocked() {
	if ses.finish != nil && len(ses.waitsLocked()) == 0 {
		close(ses.finish)
		ses.finish = nil
	}
}

// waitsLocked returns the processes that have not handled that the generation has drained, or that still work
// under a lease.
func (ses *Session) waitsLocked() (pids []int) {
	if ses.drained == 0 {
		return nil
	}
	for p := range ses.asked {
		if p.handles && p.done < ses.drained {
			pids = append(pids, p.c.pid)
		}
	}
	for l := range ses.claims {
		if l.state != waiting && !l.left {
			pids = append(pids, l.c.pid)
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}
