package commands

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// hotswap stops when its folder has been removed for a while, and not when it has another name, or is made anew
// meanwhile.
func TestEndWithFolder(t *testing.T) {
	home := testkit.Must(filepath.EvalSymlinks(t.TempDir()))(t)
	dir, moved := filepath.Join(home, "a"), filepath.Join(home, "b")
	testkit.NoError(t, os.Mkdir(dir, 0o700))
	t.Chdir(dir)
	synctest.Test(t, func(t *testing.T) {
		gone, w := make(chan time.Time, 1), New(Config{})
		go w.EndWithFolder(t.Context(), dir, func() { gone <- time.Now() })
		stays := func(what string) {
			t.Helper()
			time.Sleep(time.Minute)
			synctest.Wait()
			if len(gone) > 0 {
				t.Fatalf("%s: it stops", what)
			}
		}
		stays("nothing has happened")
		testkit.NoError(t, os.Rename(dir, moved))
		stays("renamed")
		testkit.NoError(t, os.Remove(moved), os.Mkdir(dir, 0o700))
		stays("made anew")
		testkit.NoError(t, os.Remove(dir))
		began := time.Now()
		time.Sleep(time.Minute)
		synctest.Wait()
		if after := (<-gone).Sub(began); after < goneAfter || after > 2*goneAfter || <-w.signals != syscall.SIGTERM {
			t.Errorf("it stops after %v", after)
		}
	})
}
