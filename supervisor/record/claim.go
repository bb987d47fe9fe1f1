package record

import (
	"context"
	"os"

	"github.com/hotswap-dev/hotswap/internal/flock"
)

// Claim locks the record of a dead run, so that one process cleans up. It waits until ctx ends. The error is
// [flock.ErrGone] if another process has cleaned up this run.
func (d Dir) Claim(ctx context.Context, run string) (release func(), err error) {
	f, err := flock.Open(ctx, d.path(run), os.O_RDWR)
	if err != nil {
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
