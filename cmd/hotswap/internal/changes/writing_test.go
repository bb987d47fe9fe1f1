package changes

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// What the program or a build installs, it has written; what is installed beside a build behind which nothing starts
// swaps.
func TestWhoHasWritten(t *testing.T) {
	list := filepath.Join(t.TempDir(), "list")
	testkit.NoError(t, os.WriteFile(list, nil, 0o600))
	for _, c := range []struct {
		why    rules.Reason
		author handoff.Author
		builds []report.BuildLife
		want   string
	}{
		{rules.Package, 0, nil, ""},
		{rules.Package, handoff.TheProgram, nil, "program[list]"},
		{0, handoff.TheBuild, nil, "build[list]"},
		{rules.Package, 0, []report.BuildLife{{Build: 1}}, "build-output[list]"},
		{rules.Package, 0, []report.BuildLife{{Build: 1, Only: true}}, ""},
		{rules.Loaded, 0, []report.BuildLife{{Build: 1, Only: true}}, "build-output[list]"},
		{0, 0, []report.BuildLife{{Build: 1}}, ""},
	} {
		to := &told{}
		f := newFilter(to)
		f.writes = &kernel{author: c.author}
		change := watch.Change{Path: list, Rel: "list", Why: c.why}
		others := f.batch(report.Status{Builds: c.builds}, []watch.Change{change})
		if got := strings.Join(to.lines, " "); got != c.want || (len(others) > 0) != (c.want == "") {
			t.Errorf("%q, want %q; others have made %+v", got, c.want, others)
		}
	}
}

// kernel notes that it has to report what builds write.
type kernel struct {
	handoff.Writes
	builds bool
	author handoff.Author
}

func (k *kernel) Author(string) handoff.Author { return k.author }

func (k *kernel) WatchBuilds() { k.builds = true }

func TestBuildsAreWatched(t *testing.T) {
	for what, c := range map[string]struct {
		builds []int // in which a file changes, in a row
		want   bool
	}{
		"in one, twice": {[]int{1, 1}, false}, "in two in a row": {[]int{1, 2}, true},
		"a save between": {[]int{1, 0, 3}, false}, "one did not write it": {[]int{1, 3}, true},
	} {
		var k kernel
		f := newFilter(nil)
		f.writes = &k
		for _, n := range c.builds {
			f.note("/p/a", n)
		}
		for i := range 2 * most {
			f.note(string(rune('a'+i)), 1)
		}
		if k.builds != c.want || len(f.built) > most {
			t.Errorf("%s: %v, of %d files", what, k.builds, len(f.built))
		}
	}
	at := func(s int) time.Time { return time.Unix(1e9+int64(s), 0) }
	builds := []report.BuildLife{{Build: 3, Began: at(3), Ended: at(4)}, {Build: 4, Began: at(8)}}
	for s, want := range map[int]int{2: 0, 3: 3, 4: 3, 5: 0, 8: 4, 99: 4} {
		if got := buildAt(builds, at(s)).Build; got != want {
			t.Errorf("second %d: build %d, want %d", s, got, want)
		}
	}
}
