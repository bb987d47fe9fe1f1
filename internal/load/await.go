package load

import (
	"context"
	"time"
)

// await waits for a fact, and looks a last time when a run is done. It polls.
func await(ctx context.Context, done <-chan struct{}, fact func() bool) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !fact() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-done:
			if !fact() {
				return ErrEnded
			}
			return nil
		}
	}
	return nil
}
