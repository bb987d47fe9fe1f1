//go:build !linux && !darwin && !freebsd && !netbsd

package watch

import (
	"io/fs"
	"time"
)

// changedAt is the modification time: there is no better one here.
func changedAt(info fs.FileInfo) time.Time { return info.ModTime() }
