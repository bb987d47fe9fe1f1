package node

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hotswap-dev/hotswap/handoff"
)

//go:embed *.cjs
var scripts embed.FS

// entry is the file that Node is told to require.
const entry = "adapter.cjs"

// place is a folder for the adapter's files.
type place struct {
	path string
	mode os.FileMode // of the folders that are made
}

// places are where the files may be, by preference.
func places() []place {
	uid := os.Geteuid()
	last := place{filepath.Join(os.TempDir(), "hotswap-node-"+strconv.Itoa(uid)), 0o700}
	if uid == 0 {
		last.mode = 0o755
		return []place{{"/run/hotswap-node", 0o755}, last}
	}
	if dir, err := os.UserCacheDir(); err == nil && filepath.IsAbs(dir) {
		return []place{{filepath.Join(dir, "hotswap"), 0o700}, last}
	}
	return []place{last}
}

// unpack puts the adapter's files into the first of the places that takes them, and
// returns the path of its entry. What is there already is not written again.
func unpack(places []place) (string, error) {
	files, name, err := content()
	if err != nil {
		return "", err
	}
	var failed error
	for _, p := range places {
		dir := filepath.Join(p.path, name)
		if err := p.fill(dir, files); err != nil {
			if failed != nil {
				err = fmt.Errorf("%w; %w", failed, err) // on one line
			}
			failed = err
			continue
		}
		return filepath.Join(dir, entry), nil
	}
	return "", fmt.Errorf("node: unpack the adapter: %w", failed)
}

// content is the files, and a name for what is in them.
func content() (files map[string][]byte, name string, err error) {
	files = map[string][]byte{}
	hash := sha256.New()
	err = fs.WalkDir(scripts, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := scripts.ReadFile(path)
		files[path] = b
		fmt.Fprintf(hash, "%s %d\n%s", path, len(b), b)
		return err
	})
	return files, "node-" + hex.EncodeToString(hash.Sum(nil))[:16], err
}

// fill writes the files that are not in dir.
func (p place) fill(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(filepath.Dir(p.path), 0o700); err != nil {
		return err
	}
	for _, d := range []string{p.path, dir} {
		if err := os.Mkdir(d, p.mode); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		} else if err == nil {
			_ = os.Chmod(d, p.mode) // whatever the umask
		}
		if err := handoff.Private(d); err != nil {
			return err
		}
	}
	for name, want := range files {
		path := filepath.Join(dir, name)
		if got, err := os.ReadFile(path); err == nil && string(got) == string(want) {
			continue
		}
		if err := write(dir, path, want, p.mode&0o644); err != nil {
			return err
		}
	}
	return nil
}

// write puts a file in its place in one step.
func write(dir, path string, b []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(dir, ".new-")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(mode), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
