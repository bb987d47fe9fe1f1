package main

import (
	"context"
	"sync"
)

// readKeys reads keys until ctx ends. A child hotswap takes the terminal later.
func readKeys(ctx context.Context, wish *wishes, c *consoles, child bool) {
	do := func(b []byte) {
		for _, k := range keysFor(string(b)) {
			wish.key(ctx, k)
		}
	}
	if wish.tty.raw {
		t := newTypist(wish, c)
		do = func(b []byte) { t.take(ctx, b) }
		var typing sync.WaitGroup
		typing.Go(func() { t.run(ctx) })
		defer typing.Wait()
	}
	k, err := newKeyboard(wish.tty, do)
	if err != nil {
		return // the signals do the same
	}
	defer k.close()
	if !child {
		wish.tty.take()
	}
	k.run(ctx)
}
