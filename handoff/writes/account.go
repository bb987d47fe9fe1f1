package writes

import "github.com/hotswap-dev/hotswap/handoff"

// fileID identifies a file, whatever its name.
type fileID struct{ dev, ino uint64 }

// account is what is known of the changes of one file. The zero value knows of none.
type account struct {
	opened  int            // the program's openings for writing that are not known to be closed
	closed  int            // closings after writing, by anybody, since the openings were compared last
	moves   int            // the program's calls that put or remove the file, and that the kernel has not reported yet
	flying  int            // of both, those that the kernel may not have carried out yet
	open    int            // of the openings, those that still had a descriptor when they were compared last
	pending int            // openings that were neither open nor closed at the last ripe comparison: they have failed, or end just now
	stale   int            // moves that the kernel had not reported by then
	foreign bool           // somebody else may have changed the file since the last verdict
	ids     []fileID       // the files of this name that are open or were, since none was
	by      handoff.Author // whose call was the newest; Others: nobody has made one
}

func (a *account) report(what report) {
	switch {
	case what == wrote:
		a.foreign = a.foreign || a.opened <= a.closed
	case what == closed:
		a.closed++
		a.foreign = a.foreign || a.closed > a.opened
	case a.moves > 0:
		a.moves--
		a.stale = min(a.stale, a.moves)
	default: // an opening by the program makes the file, too
		a.foreign = a.foreign || what == moved || a.opened <= a.closed
	}
}

type report int

const (
	wrote  report = iota
	closed        // after writing
	moved         // it was put there or removed
	made          // it, or a link, is new
)

// compare compares the account with how often processes below hotswap have the file open for writing now. Nothing has happened
// between that and the last report. ripe says that the pending calls have had time enough. compare reports whether the
// account changes only by another call or report.
func (a *account) compare(open int, ripe bool) (rests bool) {
	open = min(open, a.opened)
	if a.closed > a.opened-open {
		a.foreign, a.closed = true, a.opened-open
	}
	if a.flying > 0 {
		return false // one of the closings may be somebody else's, and the opening that it seems to end is yet to come
	}
	rest := a.opened - open - a.closed
	a.open = open
	if ripe {
		rest -= min(rest, a.pending)
		a.moves -= min(a.moves, a.stale)
		a.pending, a.stale = rest, a.moves
	}
	a.opened, a.closed = open+rest, 0
	return rest+a.moves == 0
}
