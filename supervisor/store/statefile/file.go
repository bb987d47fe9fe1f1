package statefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// Errors that Open may wrap.
var (
	// ErrLocked: another process has the file open.
	ErrLocked = errors.New("another hotswap uses this file")
	// ErrDamaged: the file is not as hotswap left it. It is not changed.
	ErrDamaged = errors.New("the file is damaged, or not a state file of hotswap")
)

// lockWait is how long Open waits for a process that is about to end. A test lengthens it.
var lockWait = 500 * time.Millisecond

// format is the version of the file's content.
const format = "1"

// The buckets of the file, and the keys of the first.
var (
	bucketFile  = []byte("hotswap")
	bucketState = []byte("state")
	keyFormat   = []byte("format")
	keyVersion  = []byte("version")
)

// File is a store's journal in a file. It implements store.Journal.
type File struct{ db *bbolt.DB }

var _ store.Journal = (*File)(nil)

// Open opens the file, and creates it with mode 0600 if it does not exist. No other process
// can open it meanwhile.
func Open(path string) (_ *File, err error) {
	if path, err = follow(path); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	f := &File{}
	err = guarded(func() error {
		f.db, err = open(path, openFile)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := f.prepare(); err != nil {
		_ = f.db.Close()
		return nil, err
	}
	return f, nil
}

func open(path string, openFile func(string, int, os.FileMode) (*os.File, error)) (*bbolt.DB, error) {
	return bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, FreelistType: bbolt.FreelistMapType, NoStatistics: true, OpenFile: openFile})
}

// create makes a file without items. bbolt writes a new file in several steps; what a
// process leaves that is killed between them is no database. So the file gets its name last.
func create(path string) error {
	fresh := path + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db, err := open(fresh, func(path string, flag int, mode os.FileMode) (*os.File, error) {
		return openFile(path, flag|os.O_EXCL, mode)
	})
	if err != nil {
		return err
	}
	err = errors.Join(db.Close(), publish(fresh, path))
	if err != nil && !errors.Is(err, fs.ErrExist) { // another process was faster
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// link is os.Link. Tests replace it by one of a file system that has no links.
var link = os.Link

// publish gives a file its name unless there is one of that name.
func publish(fresh, path string) error {
	err := link(fresh, path)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) { // such as on FAT
		err = rename(fresh, path)
		if err == nil {
			return nil
		}
	}
	return errors.Join(err, os.Remove(fresh))
}

// guarded turns into an error that a part of the mapped file cannot be read, or is not there any more.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w (%v)", ErrDamaged, r)
		}
	}()
	return f()
}

// prepare checks what the file is, and makes the buckets of one that is new.
func (f *File) prepare() error {
	isNew := false
	err := guarded(func() error {
		return f.db.View(func(tx *bbolt.Tx) error {
			about := tx.Bucket(bucketFile)
			if about == nil {
				if key, _ := tx.Cursor().First(); key != nil {
					return fmt.Errorf("%w (it is a database of another program)", ErrDamaged)
				}
				isNew = true
				return nil
			}
			if got := about.Get(keyFormat); string(got) != format {
				return fmt.Errorf("the file has format %.20q, and this hotswap reads %q", got, format)
			}
			if tx.Bucket(bucketState) == nil || len(about.Get(keyVersion)) != 8 {
				return fmt.Errorf("%w (something is missing)", ErrDamaged)
			}
			return nil
		})
	})
	if err != nil || !isNew {
		return err
	}
	return f.update(func(tx *bbolt.Tx) error {
		about, err := tx.CreateBucket(bucketFile)
		if err != nil {
			return err
		}
		_, err = tx.CreateBucket(bucketState)
		return errors.Join(err, about.Put(keyFormat, []byte(format)), about.Put(keyVersion, make([]byte, 8)))
	})
}

func (f *File) update(change func(*bbolt.Tx) error) error {
	return guarded(func() error { return f.db.Update(change) })
}

// Close unlocks the file.
func (f *File) Close() error { return f.db.Close() }
