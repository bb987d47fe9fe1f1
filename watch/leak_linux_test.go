package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// The loop may see folders that were renamed before it hears of that.
func TestAFolderHasTheNameOfAnother(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	write(t, "", two, "a")
	write(t, "", one, "a")
	k := testkit.Must(openKernel())(t)
	must(t, errors.Join(k.Add(one), k.Add(two)))
	write(t, "", one, "a") // nobody takes its event, so nobody hears of the next ones
	must(t, errors.Join(os.Rename(one, one+".old"), os.Rename(two, one), k.Add(one)))
	k.Remove(one)
	k.Remove(two)
	must(t, k.Add(one))
	write(t, "", one, "b")
	for ev := range k.Events() {
		if ev.Name == filepath.Join(one, "b") {
			break
		}
	}
	must(t, k.Close())
}

func TestNothingIsLeftAfterRun(t *testing.T) {
	dir := t.TempDir()
	for i := range 500 {
		write(t, "x", dir, fmt.Sprint("d", i%50), fmt.Sprint(i, ".ts"))
	}
	once := func(poll bool, wait bool) {
		cfg := Config{Rules: rules.Config{Root: dir}}
		if poll {
			cfg.open = func() (source, error) { return nil, &LimitError{Limit: "none"} }
		}
		w, err := New(cfg)
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Run(ctx) }()
		if wait {
			<-w.Ready
		}
		cancel()
		must(t, <-ended)
	}
	testkit.NothingLeft(t, 12, func(i int) { once(i%2 == 0, i%3 == 0) })
}
