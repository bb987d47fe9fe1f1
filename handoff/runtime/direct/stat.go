package direct

import (
	"os"
	"time"

	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// changedSince reports whether a file's content or name may have changed since a time. Clocks of files are as coarse as 10 ms.
func changedSince(file string, at time.Time) bool {
	info, err := os.Stat(file)
	if err != nil {
		return false // it would be new if it came later
	}
	changed, ok := regular.Changed(info)
	return !ok || !changed.Before(at.Add(-wait.ClockLag))
}
