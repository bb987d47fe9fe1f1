package scratch

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/hotswap-dev/hotswap/internal/flock"
)

// Prefix of a folder's name.
const Prefix = "hotswap-run-"

// nameLen is how many characters of a folder's name nobody can guess: 100 bits.
const nameLen = 20

// Folder is the temporary folder of one hotswap. [New] and [In] make one. Any goroutine may call its methods.
type Folder struct {
	in string // where it is made

	mu   sync.Mutex // guards what follows
	path string     // "": it is not made yet
	lock *os.File
}

// room is what a socket's address has, besides TMPDIR: unix(7) ends a path after 103 bytes on every system,
// and the longest name is that of a Node adapter's socket.
const room = 103 - len("/"+Prefix+"0123456789"+"/node-"+"/node-0123456789abcdef") - nameLen

// New returns a folder that is made when something is made in it: in TMPDIR, or in /tmp if that is too long, or others
// can replace something there. It removes what hotswaps that have ended left there.
func New() *Folder {
	if in := os.TempDir(); len(in) <= room && Trusted(in) == nil {
		return In(in)
	}
	return In("/tmp") // Make says what is wrong with it
}

// In is New in a certain folder.
func In(dir string) *Folder {
	sweep(dir)
	return &Folder{in: dir}
}

// Make makes a folder for this user alone, whose name begins with prefix. In one of root's, all who know the path may
// use what they may: the program may have become another user.
func (f *Folder) Make(prefix string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range 2 {
		if err := f.makeLocked(); err != nil {
			return "", fmt.Errorf("temporary folder: %w", err)
		}
		dir := filepath.Join(f.path, prefix+rand.Text()[:nameLen])
		err := os.Mkdir(dir, 0o700)
		if err == nil && os.Geteuid() == 0 {
			err = os.Chmod(dir, 0o711)
		}
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("temporary folder: %w", err)
		}
		f.closeLocked() // somebody has cleaned up
	}
	return "", fmt.Errorf("temporary folder: what is made in %s is removed at once", f.in)
}

// makeLocked makes the folder unless it is there.
func (f *Folder) makeLocked() error {
	if f.path != "" {
		return nil
	}
	if err := Trusted(f.in); err != nil {
		return fmt.Errorf("%w: set TMPDIR to a folder of your own, with a path of at most %d characters", err, room)
	}
	for range 10 {
		path, err := os.MkdirTemp(f.in, Prefix)
		if err != nil {
			return err
		}
		lock, err := flock.Folder(path) // another hotswap may have locked it to remove it
		if err == nil && os.Geteuid() == 0 {
			err = os.Chmod(path, 0o711)
		}
		if err == nil {
			f.path, f.lock = path, lock
			return nil
		}
		lock.Close() // nil: there is none
		if !errors.Is(err, flock.ErrLocked) && !errors.Is(err, flock.ErrGone) {
			_ = os.Remove(path)
			return err
		}
	}
	return errors.New("another hotswap takes it for one that was left")
}

// Close removes the folder with all that is in it.
func (f *Folder) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closeLocked()
}

func (f *Folder) closeLocked() {
	if f.path != "" {
		_ = os.RemoveAll(f.path) // before the lock is given up: the name may be another's then
		f.lock.Close()
		f.path = ""
	}
}

var kept sync.Map // what Keep has opened, by path

// Keep has systemd-tmpfiles(8) leave a folder of this user and all below it alone while this process lives: it skips
// what is locked. Other hotswaps may keep the same folder.
func Keep(path string) {
	if f, err := os.Open(path); err == nil {
		// it works without, for as long as nobody cleans up
		_ = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
		if before, ok := kept.Swap(path, f); ok {
			_ = before.(*os.File).Close() // the folder may be another by now
		}
	}
}

// sweep removes the folders of hotswaps that have ended. In /tmp anybody may have made a folder, or a link to
// one, with such a name: it is not this user's.
func sweep(in string) {
	left, _ := filepath.Glob(filepath.Join(in, Prefix+"*"))
	for _, path := range left {
		if Private(path) != nil {
			continue
		}
		if lock, err := flock.Folder(path); err == nil {
			_ = os.RemoveAll(path)
			lock.Close()
		}
	}
}
