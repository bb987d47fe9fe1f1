package statefile

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// Errors that Open and Load may wrap.
var (
	// ErrLocked: another process has the file open.
	ErrLocked = errors.New("another hotswap uses this file")
	// ErrDamaged: the file is not as hotswap left it. It is not changed.
	ErrDamaged = errors.New("the file is damaged, or not a state file of hotswap")
)

const (
	// maxSize bounds a file. What a store may have needs less than a fifth of it.
	maxSize = 512 << 20
	// slack is what a file may have that says nothing new, besides as much as there is.
	slack = 1 << 20
)

// File is a store's journal in a file. It implements store.Journal.
type File struct {
	path   string
	f      *os.File
	size   int64 // of the whole lines
	limit  int64 // the size at which a new file takes the place of this one
	torn   bool  // something else may stand behind them
	unsafe bool  // the folder may not have the newest name
}

var _ store.Journal = (*File)(nil)

// Open opens the file, and creates it with mode 0600 if it does not exist. No other process
// can open it meanwhile.
func Open(path string) (*File, error) {
	open, err := openLocked(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, f: open}
	if err := f.begin(); err != nil {
		_ = open.Close()
		return nil, err
	}
	return f, nil
}

// begin checks how the file begins, and writes the beginning of one that is new.
func (f *File) begin() error {
	info, err := f.f.Stat()
	if err != nil {
		return err
	}
	b := make([]byte, len(head))
	n, err := f.f.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return err
	}
	switch text := string(b[:n]); {
	case info.Size() > maxSize:
		return fmt.Errorf("%w (it has %d bytes)", ErrDamaged, info.Size())
	case text == head:
		return nil
	case strings.HasPrefix(head, text): // it is empty, or a process was killed that made it
		f.unsafe = true
		return f.append([]byte(head))
	}
	return fmt.Errorf("%w (it does not begin with %q)", ErrDamaged, strings.TrimSpace(head))
}

// Load calls add for each item.
func (f *File) Load(add func(store.Item) error) (version uint64, err error) {
	used := int64(0)
	version, f.size, err = Read(io.NewSectionReader(f.f, 0, maxSize), func(item store.Item) error {
		used += int64(len(item.Key) + item.Value.Size())
		return add(item)
	})
	if err != nil {
		return 0, err
	}
	info, err := f.f.Stat()
	if err != nil {
		return 0, err
	}
	f.torn, f.limit = info.Size() > f.size, 2*used+slack
	return version, nil
}

// Commit appends a line with the changes. If the file has become long then, a new one takes its place.
func (f *File) Commit(changes []store.Change, version uint64, all iter.Seq[store.Item]) error {
	line, err := encode(record{version, changes})
	if err != nil {
		return err
	}
	if err := f.append(line); err != nil {
		return err
	}
	if f.size > f.limit {
		if f.renew(version, all) != nil {
			f.limit = 2 * f.size // the next commits say if something is wrong with this one
		}
	}
	return nil
}

// append adds a line. If that fails, it removes what was written of the line.
func (f *File) append(line []byte) error {
	if f.size+int64(len(line)) > maxSize {
		return fmt.Errorf("the file would have more than %d bytes, and no smaller one can take its place", maxSize)
	}
	if f.torn {
		if err := f.f.Truncate(f.size); err != nil {
			return err
		}
	}
	_, err := f.f.WriteAt(line, f.size)
	if err == nil {
		err = f.f.Sync()
	}
	if err == nil && f.unsafe {
		err = syncFolder(f.path)
	}
	if err != nil {
		f.torn = f.f.Truncate(f.size) != nil
		return err
	}
	f.size, f.torn, f.unsafe = f.size+int64(len(line)), false, false
	return nil
}

// renew writes what there is to a new file, which takes the place of this one.
func (f *File) renew(version uint64, all iter.Seq[store.Item]) error {
	info, err := f.f.Stat()
	if err != nil {
		return err
	}
	fresh := f.path + ".new"
	_ = os.Remove(fresh) // of a process that was killed
	n, err := os.OpenFile(fresh, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(n.Chmod(info.Mode().Perm()), lock(n), Write(n, version, all), n.Sync())
	if err == nil {
		err = os.Rename(fresh, f.path)
	}
	if err != nil {
		return errors.Join(err, n.Close(), os.Remove(fresh))
	}
	_ = f.f.Close()
	size, _ := n.Seek(0, io.SeekCurrent)
	f.f, f.size, f.limit, f.torn = n, size, 2*size+slack, false
	f.unsafe = syncFolder(f.path) != nil // then the next commit synchronizes it
	return nil
}

func syncFolder(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// Close unlocks the file.
func (f *File) Close() error {
	if f.torn {
		_ = f.f.Truncate(f.size)
	}
	return f.f.Close()
}
