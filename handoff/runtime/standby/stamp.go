package standby

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Stamps are files by which one knows that what a standby has loaded is what it
// would load now. A zero stamp: there was none.
type Stamps map[string]stamp

type stamp struct {
	size  int64
	mtime time.Time
	inode uint64
	// folder: that it is there is all that counts; a save changes its time.
	folder bool
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{size: info.Size(), mtime: info.ModTime(), inode: inode(info)}
}

// Take adds files as they are now.
func (s Stamps) Take(paths ...string) {
	for _, p := range paths {
		p = archive(p)
		if _, ok := s[p]; !ok {
			s[p] = stampOf(p)
		}
	}
}

// TakeRead adds files and folders that a package has looked at.
func (s Stamps) TakeRead(paths ...string) {
	for _, p := range paths {
		if info, err := os.Stat(archive(p)); err == nil && info.IsDir() {
			if _, ok := s[p]; !ok {
				s[p] = stamp{inode: inode(info), folder: true}
			}
			continue
		}
		s.Take(p)
	}
}

// archive is the file that has the one of the path: Yarn keeps packages in archives.
func archive(path string) string {
	if before, _, ok := strings.Cut(path, ".zip/"); ok {
		return before + ".zip"
	}
	return path
}

// changed names a file that is not as it was, "" if there is none.
func (s Stamps) changed() string {
	for path, was := range s {
		if was.changed(path) {
			return path
		}
	}
	return ""
}

// AllChanged names all files that are not as they were.
func (s Stamps) AllChanged() []string {
	var out []string
	for path, was := range s {
		if was.changed(path) {
			out = append(out, path)
		}
	}
	return out
}

func (was stamp) changed(path string) bool {
	now := stampOf(path)
	if was.folder {
		now = stamp{inode: now.inode, folder: true}
	}
	return now.size != was.size || now.inode != was.inode || !now.mtime.Equal(was.mtime)
}

// Fresh says what has changed: a file that was there, or one that has come since to
// those of now.
func (s Stamps) Fresh(now Stamps) error {
	if path := s.changed(); path != "" {
		return fmt.Errorf("%s has changed", path)
	}
	for path := range now {
		if _, ok := s[path]; !ok {
			return fmt.Errorf("%s is new", path)
		}
	}
	return nil
}
