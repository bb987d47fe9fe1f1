package watch

import (
	"hash/maphash"
	"io"
	"io/fs"
	"time"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// largeFile is the size, in bytes, above which a file is not read.
const largeFile = 8 << 20

type digestKind uint8

const (
	absent  digestKind = iota // no regular file there
	unread                    // listed, its bytes not known yet: equal to nothing
	hashed                    // size and hash
	stamped                   // size and modification time: large, or not readable
)

// digest stands for a file's content: equal digests mean equal bytes. A reader never
// returns unread, so nothing that it reads equals that.
type digest struct {
	kind digestKind
	size int64
	sum  uint64 // hash, or modification time in ns
	link bool   // the path is a symbolic link to the file
}

// seed is the same for all digests, which never leave the process.
var seed = maphash.MakeSeed()

// reader takes digests. It has a buffer, so it is for one goroutine.
type reader struct {
	fs   files
	hash maphash.Hash
	buf  []byte
}

func newReader(fsys files) *reader {
	r := &reader{fs: fsys, buf: make([]byte, 64<<10)}
	r.hash.SetSeed(seed)
	return r
}

// read returns the digest of path. changed is when its bytes or its inode last changed,
// looked up after the bytes were read: it shows a write before or during the reading.
func (r *reader) read(path string) (d digest, changed time.Time) {
	info, err := r.fs.Lstat(path)
	link := err == nil && info.Mode().Type() == fs.ModeSymlink
	if link {
		info, err = r.fs.Stat(path)
	}
	if err != nil || !info.Mode().IsRegular() { // opening a FIFO would block
		return digest{}, time.Time{}
	}
	d = digest{kind: stamped, size: info.Size(), sum: uint64(info.ModTime().UnixNano()), link: link}
	if info.Size() > largeFile {
		return d, ChangedAt(info)
	}
	f, err := r.fs.Open(path)
	if err != nil {
		if _, gone := r.fs.Stat(path); gone != nil {
			return digest{}, time.Time{}
		}
		return d, ChangedAt(info)
	}
	defer f.Close()
	r.hash.Reset()
	size, err := io.CopyBuffer(&r.hash, struct{ io.Reader }{f}, r.buf) // WriteTo of a file would make another buffer
	if err != nil {
		return d, ChangedAt(info)
	}
	if after, err := f.Stat(); err == nil {
		info = after
	}
	return digest{kind: hashed, size: size, sum: r.hash.Sum64(), link: link}, ChangedAt(info)
}

// ChangedAt returns when a file last changed by its own clock: the later of the
// modification and the change time. Programs cannot set the latter (inode(7)), so it
// shows cp -p, tar and a rename over the file, which bring an old modification time, or one that is yet to come.
func ChangedAt(info fs.FileInfo) time.Time {
	t := info.ModTime()
	if at, ok := regular.Changed(info); ok && (at.After(t) || t.After(time.Now())) {
		return at
	}
	return t
}
