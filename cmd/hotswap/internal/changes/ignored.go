package changes

import (
	"slices"

	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// mostIgnored bounds the ignored files that are remembered.
const mostIgnored = 20

// ignored are the changed files, oldest first, that have started nothing while a generation was the newest.
type ignored struct {
	newest report.GenID
	files  []report.IgnoredStatus
}

// remember remembers that changes start nothing, or forgets the files of those that count, where why is "".
func (f *filter) remember(st report.Status, why Reason, changes []watch.Change) {
	changed := names(changes)
	files := slices.DeleteFunc(slices.Clone(f.since(st)), func(i report.IgnoredStatus) bool {
		return slices.Contains(changed, i.File)
	})
	for _, file := range changed {
		if why != "" {
			files = append(files, report.IgnoredStatus{File: file, Reason: why.Text()})
		}
	}
	f.ignored.Store(&ignored{newestOf(st), files[max(0, len(files)-mostIgnored):]})
}

// since returns the files whose newest change has started nothing since the newest generation was started.
func (f *filter) since(st report.Status) []report.IgnoredStatus {
	if i := f.ignored.Load(); i != nil && i.newest == newestOf(st) {
		return i.files
	}
	return nil
}

func newestOf(st report.Status) report.GenID {
	if len(st.Lives) == 0 {
		return 0
	}
	return st.Lives[len(st.Lives)-1].Gen
}

// Ignored returns the files whose newest change has started nothing since the newest generation was started; nil where
// no file is watched.
func (c *Changes) Ignored() []report.IgnoredStatus {
	if c == nil || c.engine.Load() == nil {
		return nil
	}
	return c.filter.since(c.engine.Load().Supervisor.Current())
}
