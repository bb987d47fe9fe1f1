//go:build !linux

package direct

import (
	"io/fs"
	"time"
)

func owner(fs.FileInfo) (int, bool) { return 0, false }

func changedSince(string, time.Time) bool { return true }
