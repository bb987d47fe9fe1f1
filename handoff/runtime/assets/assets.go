// Package assets puts files that are part of hotswap where a program's processes can read
// them and no other user can write.
//
// The program's processes execute these files. So at each start of a generation a place must
// be safe: only root and this user may be able to replace it, a folder on the way to it, or
// a file in it. HOME and XDG_CACHE_HOME do not say whose folders they are, because sudo -E
// and a container's ENV leave root with those of another user.
package assets

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Folder is a folder for the files.
type Folder struct {
	Path string
	Mode os.FileMode // of the folders that are made
}

// caches returns folders for what can be made again, by preference. Root's is the system's,
// because a HOME may be another user's, unless XDG_CACHE_HOME names a safe one.
func caches() []string {
	if os.Geteuid() == 0 {
		return unique(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "hotswap"), "/var/cache/hotswap")
	}
	dir, _ := os.UserCacheDir() // without one there is no cache
	return unique(filepath.Join(dir, "hotswap"))
}

// unique returns the absolute paths, each once.
func unique(paths ...string) (out []string) {
	for _, p := range paths {
		if filepath.IsAbs(p) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// Cache returns a permanent folder of this name, for what the program's processes execute and
// write themselves. The error says why no place is safe.
func Cache(name string) (string, error) { return cache(caches(), name) }

func cache(dirs []string, name string) (string, error) {
	failed := errors.New("no folder is known")
	for _, in := range dirs {
		dir := filepath.Join(in, name)
		failed = (Folder{in, 0o700}).make(dir)
		if failed == nil {
			return dir, nil
		}
	}
	return "", failed
}

// Bundle is an adapter's files. Each start of a program asks for those of each adapter. So nobody reads a file's text,
// but once for the name of their folder, and to write it.
type Bundle struct {
	adapter string
	from    fs.FS
	list    func() (content, error)
}

type content struct {
	sizes map[string]int // of the files, in bytes, by path
	name  string         // of their folder
}

// New returns the files below folder.
func New(from fs.FS, folder, adapter string) Bundle {
	from, err := fs.Sub(from, folder)
	return Bundle{adapter, from, sync.OnceValues(func() (content, error) {
		if err != nil {
			return content{}, err
		}
		return list(from, adapter)
	})}
}

// Folders returns where the files may be, by preference.
func (b Bundle) Folders() (places []Folder) {
	uid := os.Geteuid()
	mode, dirs := os.FileMode(0o700), caches()
	if uid == 0 { // the program may have become another user before it reads them
		mode, dirs = 0o755, []string{"/run/hotswap-" + b.adapter}
	}
	name := "hotswap-" + b.adapter + "-" + strconv.Itoa(uid)
	for _, dir := range unique(os.TempDir(), "/tmp", os.Getenv("XDG_RUNTIME_DIR")) {
		dirs = append(dirs, filepath.Join(dir, name))
	}
	for _, dir := range dirs {
		places = append(places, Folder{dir, mode})
	}
	return places
}

// Unpack writes the files to the first place that is safe, and returns where they are: in a folder whose name has a
// hash of their content. It does not rewrite files that are there.
func (b Bundle) Unpack(places []Folder) (string, error) {
	c, err := b.list()
	if err != nil {
		return "", err
	}
	var failed error
	for _, p := range places {
		dir := filepath.Join(p.Path, c.name)
		err := p.Fill(dir, c.sizes, func(name string) ([]byte, error) { return fs.ReadFile(b.from, name) })
		if err == nil {
			return dir, nil
		}
		if failed != nil {
			err = fmt.Errorf("%w; %w", failed, err) // on one line
		}
		failed = err
	}
	return "", fmt.Errorf("%s: unpack the adapter: %w", b.adapter, failed)
}

func list(from fs.FS, adapter string) (content, error) {
	sizes, hash := map[string]int{}, sha256.New()
	buffer := make([]byte, 32<<10) // of all files: new memory takes longer than the hash
	err := fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := from.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		sizes[path] = int(info.Size())
		fmt.Fprintf(hash, "%s %d\n", path, info.Size())
		_, err = io.CopyBuffer(hash, f, buffer)
		return err
	})
	return content{sizes, adapter + "-" + hex.EncodeToString(hash.Sum(nil))[:16]}, err
}

// make makes dir, which is in the place.
func (p Folder) make(dir string) error {
	// Checked before anything is made, which would be in the way of the folder's owner.
	if err := scratch.Trusted(p.Path); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(p.Path), 0o700); err != nil {
		return err
	}
	for _, d := range []string{p.Path, dir} {
		if err := p.folder(d); err != nil {
			return err
		}
	}
	return scratch.Trusted(dir)
}

// folder makes a folder in one that is this user's alone.
func (p Folder) folder(path string) error {
	if err := os.Mkdir(path, p.Mode); err == nil {
		_ = os.Chmod(path, p.Mode) // whatever the umask
	} else if !errors.Is(err, os.ErrExist) {
		return err
	}
	return scratch.Private(path)
}

// Fill writes the files that are not in dir, which is in the place. It asks for the text of those only.
func (p Folder) Fill(dir string, sizes map[string]int, text func(name string) ([]byte, error)) error {
	if err := p.make(dir); err != nil {
		return err
	}
	scratch.Keep(p.Path) // also for processes that the program starts in days
	safe := map[string]bool{dir: true}
	for name, size := range sizes {
		path := filepath.Join(dir, name)
		if in := filepath.Dir(path); !safe[in] {
			safe[in] = true
			if err := errors.Join(os.MkdirAll(filepath.Dir(in), p.Mode), p.folder(in)); err != nil {
				return err
			}
		}
		info, err := scratch.PrivateFile(path)
		if err == nil && info.Size() == int64(size) && info.ModTime().Equal(stamp) {
			continue // whoever changes a file gives it another time
		}
		b, err := text(name)
		if err == nil {
			err = regular.Replace(path, b, p.Mode&0o644)
		}
		if err := errors.Join(err, os.Chtimes(path, stamp, stamp)); err != nil {
			return err
		}
	}
	return nil
}

// stamp is when the files were modified, as their metadata say, so that to compare them needs no reading. It is no time
// of today, which others give, and none of the future, which looks like a change under way.
var stamp = time.Unix(1e9, 0)
