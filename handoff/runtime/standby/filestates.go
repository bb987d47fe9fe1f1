package standby

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// FileStates are the states of files. If they are unchanged, a standby would load today what it has loaded. The zero
// state is that of a file that does not exist.
type FileStates map[string]fileState

// fileState is a part of the file that [Remember] reads.
type fileState struct {
	Size   int64  `json:"s,omitempty"` // bytes
	Time   int64  `json:"t,omitempty"` // of the last change of its content, ns since 1970
	Inode  uint64 `json:"i,omitempty"`
	Folder bool   `json:"f,omitempty"` // only the existence of a folder counts, because each save changes its time
}

// stateOf returns the present state of a file, and with read that of a folder whose names nobody has read.
func stateOf(path string, read bool) fileState {
	info, err := os.Stat(path)
	if err != nil {
		return fileState{}
	}
	s := fileState{Inode: info.Sys().(*syscall.Stat_t).Ino, Folder: read && info.IsDir()}
	if !s.Folder {
		s.Size, s.Time = info.Size(), info.ModTime().UnixNano()
	}
	return s
}

// Take adds the present states of files that s does not have.
func (s FileStates) Take(paths ...string) {
	for _, p := range paths {
		s.take(p, false)
	}
}

// take adds one; read: a package has read it, and not its names if it is a folder.
func (s FileStates) take(path string, read bool) {
	path = archive(path)
	if _, ok := s[path]; !ok {
		s[path] = stateOf(path, read)
	}
}

// archive returns the archive that contains a path: Yarn keeps packages in archives.
func archive(path string) string {
	if before, _, ok := strings.Cut(path, ".zip/"); ok {
		return before + ".zip"
	}
	return path
}

func (s fileState) changed(path string) bool { return stateOf(path, s.Folder) != s }

// Validate returns an error that names a file which has changed since s, or is new. now has the present states that are
// known.
func (s FileStates) Validate(now FileStates) error {
	for path, was := range s {
		if is, ok := now[path]; ok && is != was || !ok && was.changed(path) {
			return fmt.Errorf("%s has changed", path)
		}
	}
	for path, is := range now {
		if _, ok := s[path]; !ok && is != (fileState{}) {
			return fmt.Errorf("%s is new", path)
		}
	}
	return nil
}

// Fingerprint returns the present states of files as a text.
func Fingerprint(files ...string) string {
	var b strings.Builder
	for _, file := range files {
		fmt.Fprintf(&b, "%s %+v\n", file, stateOf(file, false))
	}
	return b.String()
}

// Settings returns the present states of the files that match the patterns, in the folders and in all above. A pattern
// without * is a path, whose state counts also where no file is there.
func Settings(dirs, patterns []string) FileStates {
	s := FileStates{}
	done := map[string]bool{} // the folders share most of those above
	for _, dir := range dirs {
		for ; !done[dir]; dir = filepath.Dir(dir) {
			done[dir] = true
			names := namesIn(dir) // far fewer calls of the kernel than one for each pattern
			for _, pattern := range patterns {
				first, _, _ := strings.Cut(pattern, "/")
				switch full := filepath.Join(dir, pattern); {
				case strings.Contains(pattern, "*"):
					for _, name := range names {
						if is, _ := path.Match(pattern, name); is {
							s.Take(filepath.Join(dir, name))
						}
					}
				case names == nil || slices.Contains(names, first): // nil: it may not be read
					s.Take(full)
				default:
					s[full] = fileState{}
				}
			}
		}
	}
	return s
}

// Entries returns the paths in a folder that have this ending. A glob would interpret special characters of the
// folder's name.
func Entries(dir, ending string) (paths []string) {
	for _, name := range namesIn(dir) {
		if strings.HasSuffix(name, ending) {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	return paths
}

// namesIn returns the names in a folder. It asks nothing else, because a folder may be as large as /tmp.
func namesIn(dir string) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	return names
}
