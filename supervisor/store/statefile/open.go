package statefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

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
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
		if errors.Is(err, syscall.ELOOP) {
			return nil, errors.New("this is a symbolic link: name the file itself")
		}
		if err != nil {
			return nil, err
		}
		mine, err := f.Stat()
		if err == nil {
			err = trusted(mine, filepath.Dir(path))
		}
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

// trusted returns why hotswap must not write to a file of the folder.
func trusted(info fs.FileInfo, dir string) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.Mode().IsRegular() || !ok:
		return errors.New("this is not a file")
	case othersWrite(dir) && (int(st.Uid) != os.Geteuid() || st.Nlink > 1):
		return errors.New("it is another user's file or has a second name, in a folder in which others may write")
	}
	return nil
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
