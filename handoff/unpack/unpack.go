// Package unpack puts files that are part of hotswap where a program's processes can
// read them and nobody else can write.
package unpack

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Place is a folder for the files.
type Place struct {
	Path string
	Mode os.FileMode // of the folders that are made
}

// Places are where the files of an adapter may be, by preference.
func Places(adapter string) []Place {
	uid := os.Geteuid()
	last := Place{filepath.Join(os.TempDir(), "hotswap-"+adapter+"-"+strconv.Itoa(uid)), 0o700}
	if uid == 0 {
		last.Mode = 0o755
		return []Place{{"/run/hotswap-" + adapter, 0o755}, last}
	}
	if dir, err := os.UserCacheDir(); err == nil && filepath.IsAbs(dir) {
		return []Place{{filepath.Join(dir, "hotswap"), 0o700}, last}
	}
	return []Place{last}
}

// Files puts the adapter's files into the first of the places that takes them, and
// returns their folder, whose name says what is in them. What is there already is
// not written again.
func Files(from fs.FS, adapter string, places []Place) (string, error) {
	files, name, err := content(from, adapter)
	if err != nil {
		return "", err
	}
	var failed error
	for _, p := range places {
		dir := filepath.Join(p.Path, name)
		if err := p.fill(dir, files); err != nil {
			if failed != nil {
				err = fmt.Errorf("%w; %w", failed, err) // on one line
			}
			failed = err
			continue
		}
		return dir, nil
	}
	return "", fmt.Errorf("%s: unpack the adapter: %w", adapter, failed)
}

// content is the files, and a name for what is in them.
func content(from fs.FS, adapter string) (files map[string][]byte, name string, err error) {
	files = map[string][]byte{}
	hash := sha256.New()
	err = fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(from, path)
		files[path] = b
		fmt.Fprintf(hash, "%s %d\n%s", path, len(b), b)
		return err
	})
	return files, adapter + "-" + hex.EncodeToString(hash.Sum(nil))[:16], err
}

// fill writes the files that are not in dir.
func (p Place) fill(dir string, files map[string][]byte) error {
	if err := os.MkdirAll(filepath.Dir(p.Path), 0o700); err != nil {
		return err
	}
	for _, d := range []string{p.Path, dir} {
		if err := os.Mkdir(d, p.Mode); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		} else if err == nil {
			_ = os.Chmod(d, p.Mode) // whatever the umask
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
		if err := write(dir, path, want, p.Mode&0o644); err != nil {
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
