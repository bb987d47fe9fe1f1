package changes

import (
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/selfwrite"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// recent is how many starts are remembered: changes are noticed late.
const recent = 16

// lives keeps when the newest generations and builds began, and were ready.
type lives struct {
	mu      sync.Mutex // guards what follows
	all     []selfwrite.Start
	stirred time.Time // when a generation last began to serve, or ended
}

// note takes in a notice of the supervisor.
func (l *lives) note(now time.Time, n supervisor.Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch n := n.(type) {
	case supervisor.NoticeBuilding:
		l.setLocked(selfwrite.Start{Build: true, Number: n.Build, Began: now})
	case supervisor.NoticeBuilt:
		l.builtLocked(n.Build, now)
	case supervisor.NoticeBuildFailed:
		l.builtLocked(n.Build, now)
	case supervisor.NoticeServing:
		l.setLocked(selfwrite.Start{Number: int(n.Gen), Began: now.Add(-n.Boot), Ready: now})
		l.stirred = now
	case supervisor.NoticeFailed:
		l.setLocked(selfwrite.Start{Number: int(n.Gen), Began: now.Add(-n.After), Ready: now})
		l.stirred = now
	case supervisor.NoticeFinished:
		l.setLocked(selfwrite.Start{Number: int(n.Gen), Began: now.Add(-n.Took), Ready: now})
		l.stirred = now
	case supervisor.NoticeCrashed, supervisor.NoticeDrained:
		l.stirred = now
	}
}

func (l *lives) builtLocked(build int, now time.Time) {
	for i, s := range l.all {
		if s.Build && s.Number == build {
			l.all[i].Ready = now
		}
	}
}

func (l *lives) setLocked(s selfwrite.Start) {
	same := func(o selfwrite.Start) bool { return o.Build == s.Build && o.Number == s.Number }
	if slices.ContainsFunc(l.all, same) {
		return // it serves again
	}
	l.all = append(l.all, s)
	l.all = l.all[max(0, len(l.all)-recent):]
}

// starts are sorted, newest first. A generation that boots is known by the status only.
func (l *lives) starts(st supervisor.Status) (starts []selfwrite.Start, stirred time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	starts = slices.Clone(l.all)
	for _, g := range st.Generations {
		if !slices.ContainsFunc(starts, func(s selfwrite.Start) bool { return !s.Build && s.Number == int(g.ID) }) {
			starts = append(starts, selfwrite.Start{Number: int(g.ID), Began: g.Started})
		}
	}
	slices.SortStableFunc(starts, func(a, b selfwrite.Start) int { return b.Began.Compare(a.Began) })
	return starts, l.stirred
}
