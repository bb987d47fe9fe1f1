package watch

import (
	"encoding/binary"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// packages is a folder of installed packages, which counts as if it were one file: its
// bytes are the lists that installers write when they have ended.
type packages struct {
	rules.Packages // constant: the baseline readers read it as well

	list string // the newest list when it was last compared; the loop's
}

// read returns the digest of the lists, or, where the installer leaves one list for each package or none, of those or of the
// names and times of the packages' own folders. at is when these last changed, and list the one that did.
func (p *packages) read(r *reader) (d digest, at time.Time, list string) {
	var sums []byte
	add := func(name, path string) (found bool) {
		is, changed := r.read(path)
		if is.kind == absent {
			return false
		}
		sums = binary.LittleEndian.AppendUint64(append(sums, name...), is.sum)
		if !changed.Before(at) {
			at, list = changed, path
		}
		return true
	}
	for _, name := range p.Lists {
		add(name, filepath.Join(p.Dir, name))
	}
	if entries, _ := r.fs.ReadDir(p.Dir); len(sums) == 0 && !p.onlyLists(r) {
		for _, e := range entries {
			if !p.Counts(e.Name()) || add(e.Name(), filepath.Join(p.Dir, e.Name(), p.Each)) {
				continue
			}
			if info, err := r.fs.Stat(filepath.Join(p.Dir, e.Name())); err == nil {
				sums = binary.LittleEndian.AppendUint64(append(sums, e.Name()...), uint64(info.ModTime().UnixNano()))
				at = latest(at, info.ModTime())
			}
		}
	}
	if len(sums) == 0 { // nothing is installed, or an installer is at work
		return digest{}, time.Time{}, ""
	}
	r.hash.Reset()
	_, _ = r.hash.Write(sums) // never fails: maphash
	return digest{kind: hashed, size: int64(len(sums)), sum: r.hash.Sum64()}, at, list
}

// onlyLists reports whether only an installer that leaves a list may have installed the packages. Bun leaves none.
func (p *packages) onlyLists(r *reader) bool {
	return len(p.Lists) > 0 && !slices.ContainsFunc([]string{"bun.lock", "bun.lockb"}, func(name string) bool {
		_, err := r.fs.Stat(filepath.Join(filepath.Dir(p.Dir), name))
		return err == nil
	})
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// beginPackages watches folders that the walk has not met: those above the roots.
func (l *loop) beginPackages(meet func(path string)) {
	for dir := range l.packages {
		if info, err := l.fs.Stat(dir); err != nil || !info.IsDir() || !l.rules.Counts(dir) {
			continue // its parent is watched
		}
		if d, ok := l.tree.dirs[dir]; !ok || !d.watched {
			if !l.watchDir(dir) {
				continue
			}
			if _, ok := l.starts[dir]; !ok {
				l.starts[dir] = true
			}
		}
		meet(dir)
	}
}

// inPackages marks the folder of packages in which an event has named a path.
func (l *loop) inPackages(path string) {
	if p := l.packages[filepath.Dir(path)]; p != nil && p.Tells(filepath.Base(path)) && l.rules.Counts(p.Dir) {
		l.mark(p.Dir)
	}
}
