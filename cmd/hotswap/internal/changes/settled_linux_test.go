package changes

import (
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
