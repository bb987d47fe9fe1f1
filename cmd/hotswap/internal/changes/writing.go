package changes

import (
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// A program that writes watched files would be swapped for ever, but an editor that saves whenever a new version serves
// looks the same. So hotswap guesses nothing from the rhythm of changes, nor from the kind of a file: what the program
// or its build has written, and nobody else, is its own. Of --build, the kernel reports that only when a file has
// changed in two builds in a row. Where the kernel cannot report that, every change is a swap, whose line names the
// file.

// look returns who has made the change so that nothing follows; "": somebody else has, or nobody knows. build is that
// in which the file may have changed; 0: none.
func (f *filter) look(st report.Status, c watch.Change) (why Reason, build int) {
	at := time.Now()
	if info, err := os.Stat(c.Path); err == nil {
		at = watch.ChangedAt(info)
	}
	if f.writes != nil {
		why = map[handoff.Author]Reason{
			handoff.TheBuild: ByBuild, handoff.TheProgram: ByProgram,
		}[f.writes.Author(c.Path)]
	}
	b := buildAt(st.Builds, at)
	// The file counts only because the program has loaded it, or lists packages. The next generation loads what the
	// build has left, but what was installed has a start of its own if nothing starts behind the build.
	if b.Build > 0 && (c.Why == rules.Loaded || c.Why == rules.Package && !b.Only) {
		why = BuildOutput
	}
	return why, b.Build
}
