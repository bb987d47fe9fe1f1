package watch

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

const ms = time.Millisecond

func withFiles(names ...string) func(*world, *Config) {
	return func(x *world, _ *Config) {
		for _, name := range names {
			x.put(name, "old")
		}
	}
}

func TestStormInBurstsIsOneBatch(t *testing.T) {
	inBubble(t, nil, func(x *world) {
		for burst := range 10 {
			if burst > 0 {
				time.Sleep(150 * ms)
			}
			for i := range 150 {
				x.save(fmt.Sprintf("/r/%d/%d.ts", burst, i), "new")
			}
		}
		b, took := x.batch()
		if want := 9*150*ms + 480*ms; len(b) != 1500 || took != want {
			t.Errorf("%d changes after %v, want 1500 after %v", len(b), took, want)
		}
		x.wantNone()
	})
}

func TestMaxWaitCaps(t *testing.T) {
	inBubble(t, nil, func(x *world) {
		stop, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			for i := 0; ; i++ {
				x.put("/r/a.ts", fmt.Sprint(i))
				select {
				case x.events <- fsnotify.Event{Name: "/r/a.ts", Op: fsnotify.Write}:
				case <-stop:
					return
				}
				time.Sleep(20 * ms)
			}
		}()
		// Each cap falls together with an event, which must not win.
		for range 20 {
			if _, took := x.batch(); took < MaxWait || took > MaxWait+20*ms {
				t.Errorf("settled after %v, want %v", took, MaxWait)
			}
		}
		close(stop)
		<-ended
	})
}

func TestSameBytesAreNoChange(t *testing.T) {
	var names []string
	for i := range 500 {
		names = append(names, fmt.Sprintf("/r/src/%d.ts", i))
	}
	inBubble(t, withFiles(names...), func(x *world) {
		for i, name := range names {
			switch i % 3 {
			case 0:
				x.save(name, "old")
			case 1:
				x.hint(name, fsnotify.Chmod)
			case 2: // removed and made again
				x.gone(name)
				x.made(name, "old")
			}
		}
		x.wantNone()
		x.save("/r/sentinel.ts", "new")
		x.wantBatch(60*ms, "new/gone sentinel.ts")
	})
}

func TestFoldersThatSwapTheirNames(t *testing.T) {
	inBubble(t, withFiles("/r/sub/b.ts", "/r/sub/deep/c.ts"), func(x *world) {
		x.put("/r/sub/b.ts", "new")
		x.disk.remove("/r/sub/deep")
		x.hint("/r/sub", fsnotify.Create)
		x.hint("/r/sub", fsnotify.Rename)
		synctest.Wait()
		if !x.watches("/r/sub") {
			x.t.Error("/r/sub is not watched any more")
		}
		x.wantNext("written sub/b.ts new/gone sub/deep/c.ts")
		x.wantNone()
	})
}

func TestBatchesMergeWhileNobodyReceives(t *testing.T) {
	inBubble(t, withFiles("/r/a.ts", "/r/b.ts", "/r/c.ts"), func(x *world) {
		pending := func(want int) {
			t.Helper()
			if n, err := x.w.Pending(x.t.Context()); n != want || err != nil {
				t.Errorf("%d files are pending, %v; want %d", n, err, want)
			}
		}
		pending(0)
		x.save("/r/a.ts", "new")
		pending(1)
		time.Sleep(time.Second)
		x.save("/r/b.ts", "new")
		time.Sleep(time.Second)
		x.save("/r/c.ts", "new")
		x.save("/r/new.ts", "new")
		time.Sleep(time.Second)
		x.save("/r/c.ts", "old") // as the receiver knows it
		pending(4)
		x.gone("/r/new.ts")
		time.Sleep(time.Second)
		x.wantBatch(4*time.Second, "written a.ts written b.ts")
		pending(0)
		x.wantNone()
		x.save("/r/a.ts", "newer")
		time.Sleep(time.Second)
		x.save("/r/a.ts", "new")
		time.Sleep(time.Second)
		x.wantNone()
	})
}

// Looking at a file that stays open ends with the batch.
func TestIdleDoesNothing(t *testing.T) {
	inBubble(t, leasing("/r/a.ts", "/r/.git/HEAD"), func(x *world) {
		x.held("/r/a.ts", true)
		x.save("/r/a.ts", "new")
		x.wantBatch(60*ms, "written a.ts")
		before := x.count()
		x.hint("/r/a.ts", fsnotify.Chmod)
		time.Sleep(24 * time.Hour)
		if n := x.count() - before; n != 0 {
			t.Errorf("%d looks at the disk in an idle day", n)
		}
	})
}

func TestGitignoreIsReread(t *testing.T) {
	before := func(x *world, cfg *Config) {
		withFiles("/r/a.ts", "/r/gen/g.ts", "/r/was/w.ts")(x, cfg)
		x.put("/r/.gitignore", "was/\n")
		x.put("/r/.git/HEAD", "")
		cfg.Rules.Command = []string{"node"}
	}
	inBubble(t, before, func(x *world) {
		x.save("/r/was/w.ts", "new")
		x.wantNone()
		time.Sleep(time.Second)
		x.save("/r/.gitignore", "gen/\n")
		synctest.Wait()
		if x.watches("/r/gen") || !x.watches("/r/was") {
			t.Errorf("gen watched %v, was watched %v", x.watches("/r/gen"), x.watches("/r/was"))
		}
		x.wantNone() // to be ignored is not to be removed, not to be ignored is not to be created
		x.save("/r/gen/g.ts", "new")
		x.save("/r/was/w.ts", "newer")
		x.wantBatch(60*ms, "written was/w.ts")
		x.save("/r/a.ts", "new")
		time.Sleep(time.Second) // nobody has received it
		x.save("/r/.gitignore", "a.ts")
		x.wantNone()
		x.put("/r/sub/.gitignore", "s.ts")
		x.hint("/r/sub", fsnotify.Create)
		synctest.Wait()
		x.gone("/r/sub") // and its rules
		x.made("/r/sub/s.ts", "new")
		x.wantNext("new/gone sub/s.ts")
	})
}

// The files of the folders above count, up to the top of the innermost work tree.
func TestGitignoreOfParentsCounts(t *testing.T) {
	before := func(x *world, cfg *Config) {
		withFiles("/r/sub/app/a.ts", "/r/sub/app/gen/g.ts", "/r/sub/app/top/t.ts", "/r/.git/HEAD",
			"/r/sub/app/in/gen/i.ts", "/r/sub/app/in/own/o.ts", "/r/sub/app/in/.git/HEAD")(x, cfg)
		x.put("/r/sub/.gitignore", "gen")
		x.put("/r/.gitignore", "top")
		x.put("/r/sub/app/in/.gitignore", "own")
		cfg.Rules.Root = "/r/sub/app"
	}
	inBubble(t, before, func(x *world) {
		x.save("/r/sub/app/gen/g.ts", "new")
		x.save("/r/sub/app/top/t.ts", "new")
		x.save("/r/sub/app/in/own/o.ts", "new")
		x.wantNone()
		x.save("/r/sub/app/in/gen/i.ts", "new")
		x.wantBatch(60*ms, "written in/gen/i.ts")
		x.gone("/r/sub/app/in/.git")
		x.save("/r/sub/app/in/gen/i.ts", "newer")
		x.wantNone()
		x.save("/r/sub/.gitignore", "")
		time.Sleep(time.Second)
		x.begun = time.Now()
		x.save("/r/sub/app/gen/g.ts", "newer")
		x.wantBatch(60*ms, "written gen/g.ts")
	})
}

// What git worktree add makes below the project is another copy of it, from its beginning to its removal. A submodule
// is the project's.
func TestWorktreesAreNotTheProject(t *testing.T) {
	before := func(x *world, cfg *Config) {
		withFiles("/r/a.ts", "/r/was/a.ts", "/r/was/sub/b.ts", "/r/lib/l.ts")(x, cfg)
		x.put("/r/.git/HEAD", "")
		x.put("/r/was/.git", "gitdir: /r/.git/worktrees/was\n")
		x.put("/r/lib/.git", "gitdir: ../.git/worktrees/r/modules/lib\n")
		cfg.Rules.Command = []string{"node"}
	}
	inBubble(t, before, func(x *world) {
		if x.watches("/r/was/sub") {
			t.Error("it is watched")
		}
		x.save("/r/was/a.ts", "new")
		x.save("/r/was/sub/b.ts", "new")
		x.put("/r/now/.git", "gitdir: /r/.git/worktrees/now\n")
		x.hint("/r/now", fsnotify.Create)
		synctest.Wait()
		x.made("/r/now/a.ts", "new")
		x.wantNone()
		x.gone("/r/now/.git") // as git worktree remove does
		time.Sleep(time.Second)
		x.gone("/r/now/a.ts")
		x.gone("/r/now")
		x.wantNone()
		time.Sleep(time.Second)
		x.begun = time.Now()
		x.save("/r/lib/l.ts", "new")
		x.wantBatch(60*ms, "written lib/l.ts")
	})
}

// What a build reads counts, and the binary that it makes does not.
func TestBinaryThatIsBuiltDoesNotCount(t *testing.T) {
	before := func(x *world, cfg *Config) {
		x.put("/r/server.api", "\x7fELF old")
		cfg.Rules.Command = []string{"./server.api"}
		cfg.Rules.Builds = []string{"go build -o server.api ."}
	}
	inBubble(t, before, func(x *world) {
		x.save("/r/server.api", "\x7fELF new")
		x.wantNone()
		x.save("/r/main.go", "what it is made of")
		x.wantBatch(60*ms, "new/gone main.go")
	})
}
