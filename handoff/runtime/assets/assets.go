// Package assets puts files that are part of hotswap where a program's processes can read
// them and no other user can write.
//
// The program's processes execute these files. So at each start of a generation a place must
// be safe: only root and this user may be able to replace it, a folder on the way to it, or
// a file in it. HOME and XDG_CACHE_HOME do not say whose folders they are, because sudo -E
// and a container's ENV leave root with those of another user.
package assets

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Folder is a folder for the files.
type Folder struct {
	Path string
	Mode os.FileMode // of the folders that are made
}

// Folders returns where the files of an adapter may be, by preference.
func Folders(adapter string) (places []Folder) {
	uid := os.Geteuid()
	mode, dirs := os.FileMode(0o700), caches()
	if uid == 0 { // the program may have become another user before it reads them
		mode, dirs = 0o755, []string{"/run/hotswap-" + adapter}
	}
	name := "hotswap-" + adapter + "-" + strconv.Itoa(uid)
	for _, dir := range unique(os.TempDir(), "/tmp", os.Getenv("XDG_RUNTIME_DIR")) {
		dirs = append(dirs, filepath.Join(dir, name))
	}
	for _, dir := range dirs {
		places = append(places, Folder{dir, mode})
	}
	return places
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

// Bundle is an adapter's files. Each start of a program asks for those of each adapter, so they are read once.
type Bundle struct {
	adapter string
	read    func() (content, error)
}

type content struct {
	files map[string][]byte
	name  string // of their folder
}

// New returns the files below folder.
func New(from fs.FS, folder, adapter string) Bundle {
	once := sync.OnceValues(func() (content, error) { return read(from, folder, adapter) })
	return Bundle{adapter, once}
}

// Unpack writes the files to the first place that is safe, and returns where they are: in a folder whose name has a
// hash of their content. It does not rewrite files that are there.
func (b Bundle) Unpack(places []Folder) (string, error) {
	c, err := b.read()
	if err != nil {
		return "", err
	}
	var failed error
	for _, p := range places {
		dir := filepath.Join(p.Path, c.name)
		err := p.Fill(dir, c.files)
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

func read(from fs.FS, folder, adapter string) (content, error) {
	files, hash := map[string][]byte{}, sha256.New()
	from, err := fs.Sub(from, folder)
	if err == nil {
		err = fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := fs.ReadFile(from, path)
			files[path] = b
			fmt.Fprintf(hash, "%s %d\n", path, len(b))
			_, _ = hash.Write(b)
			return err
		})
	}
	return content{files, adapter + "-" + hex.EncodeToString(hash.Sum(nil))[:16]}, err
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

// Fill writes the files that are not in dir, which is in the place.
func (p Folder) Fill(dir string, files map[string][]byte) error {
	if err := p.make(dir); err != nil {
		return err
	}
	scratch.Keep(p.Path) // also for processes that the program starts in days
	safe := map[string]bool{dir: true}
	for name, want := range files {
		path := filepath.Join(dir, name)
		if in := filepath.Dir(path); !safe[in] {
			safe[in] = true
			if err := errors.Join(os.MkdirAll(filepath.Dir(in), p.Mode), p.folder(in)); err != nil {
				return err
			}
		}
		if scratch.PrivateFile(path) == nil && has(path, want) {
			continue
		}
		if err := regular.Replace(path, want, p.Mode&0o644); err != nil {
			return err
		}
	}
	return nil
}

// compared has how files were that had the right content, by path.
var compared sync.Map

// has reports whether the file has the content, which no other file of its path has: folders have names of content. It
// reads the file once for each time that the file changes: each start of a program asks for each file of each adapter.
func has(path string, want []byte) bool {
	info, _ := os.Lstat(path) // nil is no file's
	last, _ := compared.Load(path)
	if was, ok := last.(os.FileInfo); ok && os.SameFile(was, info) && was.ModTime().Equal(info.ModTime()) {
		return true
	}
	got, err := os.ReadFile(path)
	same := err == nil && bytes.Equal(got, want)
	if same {
		compared.Store(path, info)
	}
	return same
}
