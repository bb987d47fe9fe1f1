package statefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// maxLinks is how many symbolic links the kernel follows (path_resolution(7)).
const maxLinks = 40

// follow returns the path behind symbolic links. It follows none from a folder in which others may write: they
// would choose the file.
func follow(path string) (string, error) {
	for range maxLinks {
		to, err := os.Readlink(path)
		if err != nil { // no link, or nothing yet
			return path, nil
		}
		if othersWrite(filepath.Dir(path)) {
			return "", fmt.Errorf("%s is a symbolic link in a folder in which others may write", path)
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", syscall.ELOOP
}

// othersWrite reports whether another user than root and this one may make files in the folder.
func othersWrite(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil {
		return true
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || info.Mode().Perm()&0o022 != 0 || st.Uid != 0 && int(st.Uid) != os.Geteuid()
}

// openLocked opens and locks a file, and creates it if it does not exist. The file that another process had
// locked may have another's place by then.
func openLocked(path string) (*os.File, error) {
	for {
		f, err := open(path)
		if err != nil {
			return nil, err
		}
		mine, err := f.Stat()
		if err == nil {
			err = lock(f)
		}
		named, gone := os.Lstat(path)
		if err == nil && gone == nil && os.SameFile(mine, named) {
			return f, nil
		}
		_ = f.Close()
		if err != nil {
			return nil, err
		}
	}
}

func open(path string) (_ *os.File, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		st, ok := info.Sys().(*syscall.Stat_t)
		switch {
		case !info.Mode().IsRegular() || !ok:
			err = errors.New("this is not a file")
		case othersWrite(filepath.Dir(path)) && (int(st.Uid) != os.Geteuid() || st.Nlink > 1):
			err = errors.New("it is another user's file or has a second name, in a folder in which others may write")
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// lockWait is how long Open waits for a process that is about to end. A test lengthens it.
var lockWait = 500 * time.Millisecond

// lock locks an open file (flock(2)).
func lock(f *os.File) error {
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return &fs.PathError{Op: "flock", Path: f.Name(), Err: err}
		case time.Since(began) >= lockWait:
			return ErrLocked
		}
	}
}
