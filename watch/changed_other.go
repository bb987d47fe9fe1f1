//go:build !linux && !darwin && !freebsd && !netbsd

package watch

import (
	"io/fs"
	"time"
)

// ChangedAt returns the modification time: there is no better one here.
func ChangedAt(info fs.FileInfo) time.Time { return info.ModTime() }
