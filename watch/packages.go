package watch

import (
	"hash/maphash"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

// packages is a folder of installed packages, which counts as if it were one file: its
// bytes are the lists that installers write when they have ended.
type packages struct {
	rules.Packages

	known map[string]uint64 // the digest of each list that was ever there
	lists []string          // those that were others in this batch, and folders without a list
}

// mostPackages bounds the lists that are remembered. With more, all count as others.
const mostPackages = 50_000

// update reads the lists, or, where the installer leaves one list for each package or none, those or the times of the
// packages' own folders. A list that is gone changes nothing: installers remove what they replace. What is older than since
// is no other one.
func (p *packages) update(r *reader, since time.Time) digest {
	if len(p.known) > mostPackages {
		clear(p.known)
	}
	see := func(name, list string, sum uint64, changed time.Time) {
		was, known := p.known[name]
		p.known[name] = sum
		if (!known || was != sum) && !changed.Before(since) {
			p.lists = append(p.lists, list)
		}
	}
	some := false
	for _, name := range p.Lists {
		if is, changed := r.read(filepath.Join(p.Dir, name)); is.kind != absent {
			some = true
			see(name, filepath.Join(p.Dir, name), is.sum, changed)
		}
	}
	if entries, _ := r.fs.ReadDir(p.Dir); !some && !p.onlyLists(r) {
		for _, e := range entries {
			if !p.Counts(e.Name()) {
				continue
			}
			list := filepath.Join(p.Dir, e.Name(), p.Each)
			if is, changed := r.read(list); is.kind != absent {
				see(e.Name(), list, is.sum, changed)
			} else if info, err := r.fs.Stat(filepath.Join(p.Dir, e.Name())); err == nil {
				see(e.Name(), list, uint64(info.ModTime().UnixNano()), info.ModTime())
			}
		}
	}
	if len(p.known) == 0 { // nothing was installed yet
		return digest{}
	}
	is := digest{kind: stamped}
	for name, sum := range p.known { // in any order
		is.sum ^= maphash.Comparable(seed, struct {
			name string
			sum  uint64
		}{name, sum})
	}
	return is
}

// onlyLists reports whether only an installer that leaves a list may have installed the packages. Bun leaves none.
func (p *packages) onlyLists(r *reader) bool {
	return len(p.Lists) > 0 && !slices.ContainsFunc([]string{"bun.lock", "bun.lockb"}, func(name string) bool {
		_, err := r.fs.Stat(filepath.Join(filepath.Dir(p.Dir), name))
		return err == nil
	})
}

// listPackages makes a folder known that was there before. What has changed since then counts as changed.
func (l *loop) listPackages(p *packages) {
	is := p.update(l.reader, l.cfg.Since.Add(-wait.ClockLag))
	if len(p.lists) > 0 {
		is = digest{kind: unread}
		l.mark(p.Dir)
	}
	l.tree.set(p.Dir, is)
}

func latest(times ...time.Time) time.Time  { return slices.MaxFunc(times, time.Time.Compare) }
func earlier(times ...time.Time) time.Time { return slices.MinFunc(times, time.Time.Compare) }

// beginPackages watches folders that the walk has not met: those above the roots.
func (l *loop) beginPackages(meet func(path string)) {
	for dir := range l.packages {
		if !l.rules.Counts(dir) {
			continue
		}
		if info, err := l.fs.Stat(dir); err != nil || !info.IsDir() {
			l.watchDir(filepath.Dir(dir)) // until somebody installs
			continue
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
