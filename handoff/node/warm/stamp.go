package warm

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// stamps are files by which one knows that what a standby has loaded is what it
// would load now. A zero stamp: there was none.
type stamps map[string]stamp

type stamp struct {
	size  int64
	mtime time.Time
	inode uint64
	// folder: that it is there is all that counts; a save changes its time.
	folder bool
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{size: info.Size(), mtime: info.ModTime(), inode: inode(info)}
}

// take adds files as they are now.
func (s stamps) take(paths ...string) {
	for _, p := range paths {
		p = archive(p)
		if _, ok := s[p]; !ok {
			s[p] = stampOf(p)
		}
	}
}

// takeRead adds files and folders that a package has looked at.
func (s stamps) takeRead(paths ...string) {
	for _, p := range paths {
		if info, err := os.Stat(archive(p)); err == nil && info.IsDir() {
			if _, ok := s[p]; !ok {
				s[p] = stamp{inode: inode(info), folder: true}
			}
			continue
		}
		s.take(p)
	}
}

// archive is the file that has the one of the path: Yarn keeps packages in archives.
func archive(path string) string {
	if before, _, ok := strings.Cut(path, ".zip/"); ok {
		return before + ".zip"
	}
	return path
}

// changed names a file that is not as it was, "" if there is none.
func (s stamps) changed() string {
	for path, was := range s {
		now := stampOf(path)
		if was.folder {
			now = stamp{inode: now.inode, folder: true}
		}
		if now.size != was.size || now.inode != was.inode || !now.mtime.Equal(was.mtime) {
			return path
		}
	}
	return ""
}

// Files that say which packages a program has and how it is run, and folders whose
// change means the same. In a standby's time they are read.
var settings = []string{
	"package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml",
	"bun.lock", "bun.lockb", ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnp.cjs", ".pnp.loader.mjs", ".node-version", ".nvmrc",
	"node_modules", "node_modules/.package-lock.json", "node_modules/.modules.yaml", "node_modules/.yarn-state.yml", "node_modules/.yarn-integrity",
}

// takeSettings adds those of the folders and of all above, and the lists of files
// whose names only begin like that.
func (s stamps) takeSettings(dirs ...string) {
	for _, dir := range dirs {
		for {
			for _, name := range settings {
				s.take(filepath.Join(dir, name))
			}
			s.take(named(dir)...)
			parent := filepath.Dir(dir)
			if parent == dir {
				break
			}
			dir = parent
		}
	}
}

// named are a folder's tsconfig*.json and .env*.
func named(dir string) []string {
	var out []string
	for _, pattern := range []string{"tsconfig*.json", "jsconfig.json", ".env*"} {
		found, _ := filepath.Glob(filepath.Join(escape(dir), pattern))
		out = append(out, found...)
	}
	return out
}

// escape takes a folder's name literally.
func escape(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// fresh says what has changed: a file that was there, or one of those names that
// has come.
func (s stamps) fresh(dirs ...string) error {
	if path := s.changed(); path != "" {
		return fmt.Errorf("%s has changed", path)
	}
	now := stamps{}
	now.takeSettings(dirs...)
	for path := range now {
		if _, ok := s[path]; !ok {
			return fmt.Errorf("%s is new", path)
		}
	}
	return nil
}

// unique is paths without doubles.
func unique(paths []string) []string {
	slices.Sort(paths)
	return slices.Compact(paths)
}

func cutAny(s string, prefixes ...string) (string, bool) {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(s, p); ok {
			return rest, true
		}
	}
	return "", false
}

func abs(path, dir string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func hasKey(kv, key string) bool { return strings.HasPrefix(kv, key+"=") }
