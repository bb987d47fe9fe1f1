package watch

import (
	"io"
	"io/fs"
	"os"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// files is the file system that the watcher reads. Paths are absolute. A seam for tests.
type files interface {
	ReadDir(dir string) ([]fs.DirEntry, error)
	Lstat(path string) (fs.FileInfo, error)
	Stat(path string) (fs.FileInfo, error)
	Open(path string) (fs.File, error)
	// Closed reports whether path is known to be a regular file that has bytes and that no
	// process has open for writing.
	Closed(path string) bool
	// Remote names the kind of file system that dir is on if others than this kernel may
	// change it: a network's, or that of a virtual machine's host.
	Remote(dir string) string
}

type osFiles struct{}

func (osFiles) ReadDir(dir string) ([]fs.DirEntry, error) { return os.ReadDir(dir) }
func (osFiles) Lstat(path string) (fs.FileInfo, error)    { return os.Lstat(path) }
func (osFiles) Stat(path string) (fs.FileInfo, error)     { return os.Stat(path) }
func (osFiles) Open(path string) (fs.File, error)         { return regular.Open(path) }

// smallFile bounds files that are read whole.
const smallFile = 1 << 20

// readSmall reads at most the first MiB of a .gitignore; nil: there is none, or a symbolic link, which git does not
// follow.
func readSmall(fsys files, path string) []byte {
	if !is(fsys.Lstat, path, 0) {
		return nil
	}
	return head(fsys, path, smallFile)
}

// head returns at most the first size bytes of a file; nil: it cannot be read.
func head(fsys files, path string, size int64) []byte {
	f, err := fsys.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, size))
	if err != nil {
		return nil
	}
	return content
}
