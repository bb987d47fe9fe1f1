package once

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Limits of one task's inputs. They bound what a start waits for.
var (
	maxFiles = 500_000 // that are looked at
	maxBytes = int64(1 << 30)
)

// digestInputs returns the digest of the project's folder and of the names, below it, and the content of all inputs; ""
// with an error.
func (t *Task) digestInputs(ctx context.Context) (string, error) {
	folder, err := identify(t.Dir)
	if err != nil {
		return "", err
	}
	sum, looked, left := sha256.New(), 0, maxBytes
	fmt.Fprintln(sum, folder)
	for _, glob := range t.Globs {
		err := walk(glob, func(file string) error {
			switch looked++; {
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case looked > maxFiles:
				return fmt.Errorf("%s: more than %d files to look at", glob, maxFiles)
			case !t.Match(file):
				return nil
			}
			content, err := content(file, &left)
			fmt.Fprintf(sum, "%q %q\n", strings.TrimPrefix(file, t.Dir), content)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// walk calls each, in lexical order, for the files among which a pattern finds its own. A pattern
// reaches folders of packages, and git's, only if it names them.
func walk(glob string, each func(file string) error) error {
	base, rest := doublestar.SplitPattern(filepath.ToSlash(glob))
	base = filepath.Clean(base)
	deep := strings.Count(rest, "/")
	if strings.Contains(rest, "**") || strings.Contains(rest, "{") { // {a,b/c} has a slash of its own
		deep = math.MaxInt
	}
	// Behind a separator WalkDir follows the folder itself if it is a link.
	return filepath.WalkDir(base+string(filepath.Separator), func(file string, e fs.DirEntry, err error) error {
		file = filepath.Clean(file)
		switch {
		case errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR):
			return nil // the command cannot read it either
		case err != nil:
			return err
		case !e.IsDir():
			return each(file)
		case file == base:
			return nil
		case (e.Name() == "node_modules" || e.Name() == ".git") && !slices.Contains(strings.Split(glob, "/"), e.Name()),
			strings.Count(filepath.ToSlash(file[len(base):]), "/") > deep:
			return fs.SkipDir
		}
		return nil
	})
}

// content returns the digest of a file's content, and takes its size from left. For what is no
// file, such as a link to a folder, and what may not be read it returns where a link leads.
func content(file string, left *int64) (string, error) {
	f, err := regular.Open(file)
	if err != nil {
		target, _ := os.Readlink(file)
		return "-> " + target, nil
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(f, *left+1))
	*left -= n
	if *left < 0 {
		return "", fmt.Errorf("more than %d bytes", maxBytes)
	}
	return string(sum.Sum(nil)), err
}
