package drain

// removal is what was seen of how the program treats the cork of one connection: puma removes it when an answer is
// over.
type removal struct {
	ours bool // the next removal is that of the answer to the last request, not of one before
	seen bool // the program has removed the cork since its last output
	left bool // the cork was on although the program's last output had been sent
}

// moved notes that input or output came since the last look.
func (l *connState) moved(s sample) {
	r := &l.removal
	if s.Received > l.last.Received {
		if s.Sent == l.last.Written() && (r.left || l.holdsAnswer()) {
			l.sizes.left++ // the client went on after just what was there, so that was a whole answer
		}
		r.ours = r.seen
	}
	r.seen, r.left = false, false
}

// seeCork notes whether the cork that hotswap had put on was gone right after the last look.
func (l *connState) seeCork(gone bool) {
	r, s := &l.removal, l.last
	answered := l.dir == dirAnswer && l.parts > 0 && s.NotSent == 0 && s.Unread == 0
	switch {
	case gone:
		l.sizes.removals++
		r.seen = r.seen || answered
	case answered:
		r.left = l.corkedDuring() && !r.seen
	case l.dir == dirRequest && s.Unread == 0:
		r.ours = true // the program has read the request, so it has done with the answer before
	}
}

// corkedDuring reports whether the cork was on during the last answer.
func (l *connState) corkedDuring() bool { return l.corkedBefore || l.removal.ours || l.pushed }

// unfinished reports whether the program has yet to remove the cork: the answer may not be over.
func (l *connState) unfinished(late bool) bool {
	return l.corked && l.corkedDuring() && !l.removal.seen && !l.sizes.leaves(late)
}

// leaves reports whether the program leaves the cork alone. late says that it is too late to find out.
func (h *responseSizes) leaves(late bool) bool { return h.removals == 0 && (h.left > 0 || late) }
