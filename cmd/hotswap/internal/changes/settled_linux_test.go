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
		x.asked(func() bool { return true }) // the forwarder is through
		if !x.Settled() {
			t.Errorf("save %s: not settled although nothing waits", text)
		}
	}
}

// Neither is a save of which no batch tells yet.
func TestNotSettledBeforeTheBatch(t *testing.T) {
	x := newSite(t, "a.js")
	x.cfg.Quiet, x.cfg.MaxWait = time.Hour, time.Hour
	x.run()
	if !x.Settled() {
		t.Error("not settled at rest")
	}
	x.save("a.js", "1")
	await(t, "the kernel tells of it", func() bool { return !x.Settled() })
}

// Neither is the project's file while it is applied.
func TestNotSettledWhileTheProjectFileIsApplied(t *testing.T) {
	x := newSite(t, "hotswap.yaml")
	x.cfg.Project = x.dir + "/hotswap.yaml"
	settled := make(chan bool, 1)
	x.cfg.Reread = func() *Reread {
		settled <- x.Settled()
		return &Reread{Config: x.cfg, Apply: func() {}, Refuse: func(err error) { t.Error(err) }}
	}
	x.run()
	x.save("hotswap.yaml", "1")
	if <-settled {
		t.Error("settled, and the file has just been read")
	}
	await(t, "it is settled", x.Settled)
}
