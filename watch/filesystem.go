package watch

import (
	"io"
	"io/fs"
	"os"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// files is what the watcher reads; the real thing is the operating system's.
// All paths are absolute.
type files interface {
	ReadDir(dir string) ([]fs.DirEntry, error)
	Lstat(path string) (fs.FileInfo, error)
	Stat(path string) (fs.FileInfo, error)
	Open(path string) (fs.File, error)
	// Remote names the kind of file system that dir is on, if others than this
	// kernel may change it: a network's, or the host's below a virtual machine.
	Remote(dir string) string
}

type osFiles struct{}

func (osFiles) ReadDir(dir string) ([]fs.DirEntry, error) { return os.ReadDir(dir) }
func (osFiles) Lstat(path string) (fs.FileInfo, error)    { return os.Lstat(path) }
func (osFiles) Stat(path string) (fs.FileInfo, error)     { return os.Stat(path) }
func (osFiles) Remote(dir string) string                  { return remoteKind(dir) }
func (osFiles) Open(path string) (fs.File, error)         { return regular.Open(path) }

// smallFile bounds files that are read whole: .gitignore and the like.
const smallFile = 1 << 20

// readSmall reads a file of text, at most its first MiB; nil when there is none.
func readSmall(fsys files, path string) []byte {
	if info, err := fsys.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f, err := fsys.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, smallFile))
	if err != nil {
		return nil
	}
	return content
}
