package writes

import "github.com/hotswap-dev/hotswap/handoff"

// fileID identifies a file, whatever its name.
type fileID struct{ dev, ino uint64 }

// account is what is known of the changes of one file. The zero value knows of none.
type account struct {
	opened int // the program's calls of which no end is known
	closed int // of those, as many as have ended since the last comparison, whoever's calls these were
	flying int // of the program's calls, those that the kernel may not have carried out yet
	// calls that had neither a descriptor nor an end at the last ripe comparison: they have failed, or end just now
	pending int
	foreign bool           // somebody else may have changed the file since the last verdict
	ids     []fileID       // the files of this name that are open or were, since none was
	by      handoff.Author // whose call was the newest; Others: nobody has made one
}

// report notes what inotify(7) reports, and reports whether that tells anything: a write to an open file does not.
// ends: the file was closed after writing, put there or removed; else it was written to, or it or a link to it is new,
// which an opening by the program does, too.
func (a *account) report(ends bool) bool {
	if a.closed == a.opened {
		a.foreign = true
		return true
	}
	if ends {
		a.closed++
	}
	return ends
}

// compare compares the account with how often processes below hotswap have the file open for writing now. Nothing has
// happened between that and the last report. ripe says that the pending calls have had time enough. compare reports
// whether the account changes only by another call or report.
func (a *account) compare(open int, ripe bool) (rests bool) {
	open = min(open, a.opened)
	if a.closed > a.opened-open {
		a.foreign, a.closed = true, a.opened-open
	}
	if a.flying > 0 {
		return false // one of the ends may be of somebody else's call, and the call that it seems to end is yet to come
	}
	rest := a.opened - open - a.closed
	if ripe {
		rest -= min(rest, a.pending)
		a.pending = rest
	}
	a.opened, a.closed = open+rest, 0
	return rest == 0
}
