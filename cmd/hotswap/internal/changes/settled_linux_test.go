package changes

import (
	"slices"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
)

// A file that waits for the end of an upgrade is not settled. After one that failed its turn comes.
func TestNotSettledWhileAFileWaits(t *testing.T) {
	x := newSite(t, "a.js")
	x.cfg.Steps = x.steps(rule.Rule{Change: []string{"a.js"}, Run: "true"})
	waits, goesOn := make(chan struct{}), make(chan bool)
	x.enter = func() bool { waits <- struct{}{}; return <-goesOn }
	x.run()
	for _, text := range []string{"1", "2"} {
		x.save("a.js", text)
		<-waits
		if x.Settled() {
			t.Errorf("save %s: settled, and the file waits", text)
		}
		goesOn <- true
		<-x.files
		await(t, "it is settled, as nothing waits", x.Settled)
	}
}

// Neither is a save of which no batch tells yet.
func TestNotSettledBeforeTheBatch(t *testing.T) {
	x := newSite(t, "a.js")
	x.cfg.Quiet = time.Hour
	x.run()
	await(t, "it is settled at rest", x.Settled)
	x.save("a.js", "1")
	await(t, "the kernel tells of it", func() bool { return !x.Settled() })
}

// A change of the project's file is reported, and is none of the program.
func TestTheProjectFileChanges(t *testing.T) {
	x := newSite(t, "hotswap.yaml", "a.js")
	r := renamed{changed: make(chan string, 10)}
	x.cfg.Project, x.cfg.Report = x.dir+"/hotswap.yaml", r
	x.run()
	x.save("hotswap.yaml", "1")
	if got := <-r.changed; got != "hotswap.yaml" {
		t.Errorf("%q has changed", got)
	}
	x.save("a.js", "1")
	if files := <-x.files; !slices.Equal(files, []string{"a.js"}) {
		t.Errorf("a start for %v", files)
	}
}

// renamed is a reporter that passes on what is said of the project's file.
type renamed struct {
	silent
	changed chan string
}

func (r renamed) ProjectChanged(name string) { r.changed <- name }
