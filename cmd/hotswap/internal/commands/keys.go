package commands

import (
	"context"
	"sync"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/terminal"
)

// readKeys reads keys until ctx ends. A child takes the terminal later.
func ReadKeys(ctx context.Context, wish *Commands, c *terminal.Consoles, child bool) {
	do := func(b []byte) {
		for _, k := range terminal.KeysFor(string(b)) {
			wish.key(ctx, k)
		}
	}
	if wish.tty.Raw {
		t := newInputForwarder(wish, c)
		do = func(b []byte) { t.Take(ctx, b) }
		var typing sync.WaitGroup
		typing.Go(func() { t.Run(ctx) })
		defer typing.Wait()
	}
	k, err := terminal.NewKeyboard(wish.tty, do)
	if err != nil {
		return // the signals do the same
	}
	defer k.Close()
	if !child {
		wish.tty.Take()
	}
	k.Run(ctx)
}
