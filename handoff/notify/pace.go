package notify

import "time"

// pauseBetween is the time between two reports of a generation.
const pauseBetween = 100 * time.Millisecond

// pace merges what a program says too often: a report costs the supervisor's loop
// a step and, with -v, a line. The first READY=1 and the first STOPPING=1 are due
// at once, since somebody waits for them.
type pace struct {
	merged   Message // what is to be reported
	pending  bool
	reported time.Time // when the last report was
	ready    bool      // READY=1 has been reported
	stopping bool      // STOPPING=1 has
}

// add takes a message. Of two values the newer counts.
func (p *pace) add(m Message) {
	if m == (Message{}) {
		return
	}
	p.pending = true
	p.merged.Ready = p.merged.Ready || m.Ready
	p.merged.Stopping = p.merged.Stopping || m.Stopping
	if m.Status != "" {
		p.merged.Status = m.Status
	}
	if m.Extend > 0 {
		p.merged.Extend = m.Extend
	}
}

// due is when the merged message is to be reported; zero: there is none.
func (p *pace) due() time.Time {
	switch {
	case !p.pending:
		return time.Time{}
	case p.merged.Ready && !p.ready, p.merged.Stopping && !p.stopping:
		return p.reported
	}
	return p.reported.Add(pauseBetween)
}

// take gives the merged message if it is due.
func (p *pace) take(now time.Time) (Message, bool) {
	if !p.pending || now.Before(p.due()) {
		return Message{}, false
	}
	m := p.merged
	p.ready, p.stopping = p.ready || m.Ready, p.stopping || m.Stopping
	p.merged, p.pending, p.reported = Message{}, false, now
	return m, true
}
