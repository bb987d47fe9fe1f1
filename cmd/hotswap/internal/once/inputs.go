package once

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Inputs says which files are a task's inputs.
type Inputs struct {
	Globs []string               // absolute doublestar patterns; each input matches one
	Match func(path string) bool // reports whether an absolute path is an input
}

// Limits of one task's inputs. They bound what a start waits for.
var (
	maxFiles  = 20_000
	maxBytes  = int64(1 << 30)
	maxLooked = 500_000 // entries of folders
)

// skipped are folders that a pattern reaches only if it names them.
var skipped = []string{"node_modules", ".git"}

// reading computes the digest of inputs.
type reading struct {
	ctx context.Context
	Inputs
	files  map[string]bool
	looked int
	bytes  int64
	sum    hash.Hash // of the file that is read
	buffer []byte
}

// digest returns the digest of the names, relative to dir, and of the content of all inputs.
func (in Inputs) digest(ctx context.Context, dir string) (string, error) {
	r := &reading{ctx: ctx, Inputs: in, files: map[string]bool{}, sum: sha256.New(), buffer: make([]byte, 64<<10)}
	for _, glob := range in.Globs {
		if err := r.walk(glob); err != nil {
			return "", err
		}
	}
	all := sha256.New()
	for _, file := range slices.Sorted(maps.Keys(r.files)) {
		content, err := r.content(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return "", err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			name = file
		}
		var size [8]byte
		binary.LittleEndian.PutUint64(size[:], uint64(len(name)))
		for _, part := range [][]byte{size[:], []byte(filepath.ToSlash(name)), content} {
			_, _ = all.Write(part) // never fails: hash.Hash
		}
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// walk collects the inputs below the folder in which a pattern begins.
func (r *reading) walk(glob string) error {
	base, rest := doublestar.SplitPattern(filepath.ToSlash(glob))
	names := strings.Split(glob, "/")
	deep := strings.Count(rest, "/")
	if strings.Contains(rest, "**") || strings.Contains(rest, "{") { // {a,b/c} has a slash of its own
		deep = -1
	}
	base = filepath.FromSlash(base)
	real := base
	if info, err := os.Stat(base); err == nil && info.IsDir() {
		real += string(filepath.Separator) // WalkDir then follows the folder itself if it is a link
	}
	return filepath.WalkDir(real, func(file string, e fs.DirEntry, err error) error {
		if r.ctx.Err() != nil {
			return context.Cause(r.ctx)
		}
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) { // the command cannot read it either
			return nil
		}
		if err != nil {
			return err
		}
		if r.looked++; r.looked > maxLooked {
			return fmt.Errorf("%s: more than %d files to look at", glob, maxLooked)
		}
		file = filepath.Clean(file)
		if e.IsDir() {
			rel, err := filepath.Rel(base, file)
			if err != nil {
				return err
			}
			below := file != filepath.Clean(base)
			if below && slices.Contains(skipped, e.Name()) && !slices.Contains(names, e.Name()) {
				return fs.SkipDir
			}
			if below && deep >= 0 && strings.Count(filepath.ToSlash(rel), "/") >= deep {
				return fs.SkipDir
			}
			return nil
		}
		if !r.Match(file) {
			return nil
		}
		if r.files[file] = true; len(r.files) > maxFiles {
			return fmt.Errorf("%s: more than %d files", path.Base(glob), maxFiles)
		}
		return nil
	})
}

// content returns the digest of a file's content; of a link to a folder, of where it leads;
// of a file that may not be read, of that.
func (r *reading) content(file string) ([]byte, error) {
	r.sum.Reset()
	f, err := regular.Open(file)
	if errors.Is(err, fs.ErrInvalid) { // a folder, by a link, or a socket
		target, _ := os.Readlink(file)
		_, _ = io.WriteString(r.sum, target)
		return r.sum.Sum(nil), nil
	}
	if errors.Is(err, fs.ErrPermission) {
		_, _ = io.WriteString(r.sum, "\x00unreadable")
		return r.sum.Sum(nil), nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for {
		if r.ctx.Err() != nil {
			return nil, context.Cause(r.ctx)
		}
		n, err := f.Read(r.buffer)
		_, _ = r.sum.Write(r.buffer[:n])
		if r.bytes += int64(n); r.bytes > maxBytes {
			return nil, fmt.Errorf("more than %d bytes", maxBytes)
		}
		if err == io.EOF {
			return r.sum.Sum(nil), nil
		}
		if err != nil {
			return nil, err
		}
	}
}
