package watch

import (
	"testing"
	"time"
)

func TestBatchWaitsForGitsLock(t *testing.T) {
	places := []struct {
		name, lock string
		before     func(x *world, cfg *Config)
	}{
		{"a repository", "/r/.git/index.lock", withFiles("/r/.git/HEAD")},
		{"a folder in a repository", "/.git/index.lock", withFiles("/.git/HEAD")},
		{"a linked work tree", "/main/.git/worktrees/x/index.lock", func(x *world, cfg *Config) {
			x.put("/r/.git", "gitdir: /main/.git/worktrees/x\n")
		}},
		{"a submodule", "/super/.git/modules/r/index.lock", func(x *world, cfg *Config) {
			x.put("/r/.git", "gitdir: ../super/.git/modules/r\n")
		}},
	}
	for _, tt := range places {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, tt.before, func(x *world) {
				x.put(tt.lock, "")
				x.save("/r/a.ts", "new")
				time.Sleep(5 * time.Second)
				x.save("/r/b.ts", "new")
				time.Sleep(10 * ms)
				x.disk.remove(tt.lock)
				// b.ts's quiet time was over at once, two seconds being long gone; the
				// lock was looked for then and 25 ms later, then came one more quiet time.
				x.wantBatch(5*time.Second+25*ms+60*ms, "created a.ts created b.ts")
				x.wantNone()
			})
		})
	}
}

func TestStaleLockIsWaitedForOnce(t *testing.T) {
	inBubble(t, withFiles("/r/.git/HEAD"), func(x *world) {
		x.put("/r/.git/index.lock", "")
		x.save("/r/a.ts", "new")
		x.wantBatch(60*ms+longestLock+60*ms, "created a.ts") // one more quiet time
		if n := x.noticed(LockStale); n != 1 {
			t.Errorf("%d notices", n)
		}
		x.begun = time.Now()
		x.save("/r/a.ts", "newer")
		x.wantBatch(60*ms, "written a.ts")

		x.put("/r/.git/index.lock", "") // another one
		x.begun = time.Now()
		x.save("/r/a.ts", "newest")
		x.wantBatch(60*ms+longestLock+60*ms, "written a.ts")
	})
}

// Locks that follow one another hold a save no longer than one does.
func TestLocksThatFollowOneAnotherHoldNothingForEver(t *testing.T) {
	inBubble(t, withFiles("/r/.git/HEAD"), func(x *world) {
		go func() {
			for range 120 {
				x.put("/r/.git/index.lock", "")
				time.Sleep(500 * ms)
			}
		}()
		time.Sleep(ms)
		x.save("/r/a.ts", "new")
		b, took := x.batch()
		if describe(b) != "created a.ts" || took < longestLock || took > longestLock+200*ms {
			t.Errorf("batch %q after %v", describe(b), took)
		}
		time.Sleep(time.Minute)
	})
}

// What a build reads counts, and the binary that it makes does not.
func TestBinaryThatIsBuiltDoesNotCount(t *testing.T) {
	before := func(x *world, cfg *Config) {
		x.put("/r/server.api", "\x7fELF old")
		cfg.Rules.Kind, cfg.Rules.Command = 0, []string{"./server.api"}
		cfg.Rules.Builds = []string{"go build -o server.api ."}
	}
	inBubble(t, before, func(x *world) {
		x.save("/r/server.api", "\x7fELF new")
		x.wantNone()
		x.begun = time.Now()
		x.save("/r/main.go", "what it is made of")
		x.wantBatch(60*ms, "created main.go")
	})
}
