package watch

import (
	"context"
	"fmt"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

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
			<-w.Ready()
		}
		cancel()
		must(t, <-ended)
	}
	testkit.NothingLeft(t, 12, func(i int) { once(i%2 == 0, i%3 == 0) })
}
