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

// openFile opens and locks a file for bbolt, and returns an error unless bbolt can read it.
func openFile(path string, flag int, mode os.FileMode) (_ *os.File, err error) {
	f, err := os.OpenFile(path, flag|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, mode)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.Mode().IsRegular() || !ok:
		return nil, errors.New("this is not a file")
	case othersWrite(filepath.Dir(path)) && (int(st.Uid) != os.Geteuid() || st.Nlink > 1):
		return nil, errors.New("it is another user's file or has a second name, in a folder in which others may write")
	}
	if err := lock(f); err != nil {
		return nil, err
	}
	return f, check(f)
}

// lock locks the file as bbolt does, which then finds it locked by itself: flock(2) locks an open file.
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

// check walks the file. An empty one becomes a new database.
func check(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return &fs.PathError{Op: "mmap", Path: f.Name(), Err: err}
	}
	return errors.Join(guarded(func() error { return walk(b) }), syscall.Munmap(b))
}
