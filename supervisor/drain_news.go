package supervisor

import "time"

const (
	newsFirst = time.Second     // a drain that lasts so long is told of
	newsAgain = 2 * time.Second // and again not before this, if the numbers have changed
	newsEmpty = 3 * time.Second // a program that nobody is connected to any more may take so long to end
)

// drainNews decides when people who wait for a drain hear how it stands. Most
// drains are over before that.
type drainNews struct {
	began time.Time
	told  time.Time // zero: not yet
	what  DrainReport
	empty time.Time // since when nobody is connected; zero: somebody is
}

// look says whether r is to be told now; if it is news, but too early, after
// which time to look again.
func (n *drainNews) look(now time.Time, r DrainReport) (tell bool, again time.Duration) {
	r.Finished, r.Closed = 0, 0 // these change all the time
	if r != (DrainReport{}) {
		n.empty = time.Time{}
	} else if n.empty.IsZero() {
		n.empty = now
	}
	next := n.began.Add(newsFirst)
	if !n.told.IsZero() {
		if r == n.what {
			return false, 0
		}
		next = n.told.Add(newsAgain)
	}
	if at := n.empty.Add(newsEmpty); !n.empty.IsZero() && at.After(next) {
		next = at
	}
	if now.Before(next) {
		return false, next.Sub(now)
	}
	n.told, n.what = now, r
	return true, 0
}
