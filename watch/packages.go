package watch

import (
	"cmp"
	"encoding/binary"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

const (
	// installerLook is how often a waiting batch looks for the end of the installer.
	installerLook = 100 * time.Millisecond
	// longestInstall is how long a batch waits for an installer that is seen.
	longestInstall = 5 * time.Minute
	// unseenInstaller is how long a batch waits for a removed list of packages when no
	// installer is seen: it may run elsewhere.
	unseenInstaller = 30 * time.Second
)

// packages is a folder of installed packages, which counts as if it were one file: its
// bytes are the lists that installers write when they have ended.
type packages struct {
	rules.Packages // constant: the baseline readers read it as well

	// The loop owns these.
	had   bool // there was a list when it was last compared with one, or at the start; batches wait for it
	busy  bool // something has happened in the folder since it was last compared,
	own   bool // and an installer was seen that is a step of the program,
	other bool // or one that is not
}

// rest says that nothing happens in the folder any more.
func (p *packages) rest() { p.busy, p.own, p.other = false, false, false }

// installers is what a batch knows about installers.
type installers struct {
	since  time.Time // when this batch first met one; zero: it has not
	looked time.Time
	name   string // of the one that was seen at the last look
	told   bool   // there was a notice about this one
}

func (w *installers) reset() { *w = installers{} }

// Installation says that packages change. The zero value: they do not.
type Installation struct {
	Limit time.Duration // how long that may last
	Own   bool          // the program or a step of its build installs them
}

// state returns whether packages change now.
func (l *loop) state() (is Installation) {
	for _, p := range l.packages {
		switch {
		case p.busy && (p.other || p.own):
			is.Limit, is.Own = longestInstall, !p.other && (is.Own || is.Limit == 0)
		case p.unfinished(l.fs) && is.Limit == 0:
			is.Limit = unseenInstaller
		}
	}
	return is
}

// tell calls OnInstall if packages have begun to change. With ended it also does if they do not
// change any more.
func (l *loop) tell(ended bool) {
	if is := l.state(); is != l.install && (ended || is.Limit != 0) {
		l.install = is
		l.cfg.OnInstall(is)
	}
}

// read returns the digest of the lists, or, without a list, of the names and times of
// the packages' own folders. at is when these last changed.
func (p *packages) read(r *reader) (d digest, at time.Time) {
	var sums []byte
	for _, list := range p.Lists {
		is, changed := r.read(filepath.Join(p.Dir, list))
		if is.kind != absent {
			sums = binary.LittleEndian.AppendUint64(sums, is.sum)
			at = latest(at, changed)
		}
	}
	if len(sums) == 0 {
		entries, err := r.fs.ReadDir(p.Dir)
		if err != nil {
			return digest{}, time.Time{} // there is no such folder
		}
		for _, e := range entries {
			info, err := r.fs.Stat(filepath.Join(p.Dir, e.Name()))
			if err != nil || !p.Counts(e.Name()) {
				continue
			}
			sums = append(append(sums, e.Name()...), 0)
			sums = binary.LittleEndian.AppendUint64(sums, uint64(info.ModTime().UnixNano()))
			at = latest(at, info.ModTime())
		}
	}
	r.hash.Reset()
	_, _ = r.hash.Write(sums) // never fails: maphash
	return digest{kind: hashed, size: int64(len(sums)), sum: r.hash.Sum64()}, at
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// listed reports whether an installer has written its list.
func (p *packages) listed(fsys files) bool {
	return slices.ContainsFunc(p.Lists, func(list string) bool {
		_, err := fsys.Stat(filepath.Join(p.Dir, list))
		return err == nil
	})
}

// unfinished reports whether the list that was there is gone.
func (p *packages) unfinished(fsys files) bool { return p.had && !p.listed(fsys) }

// beginPackages watches folders that the walk has not met: those above the roots.
func (l *loop) beginPackages(meet func(path string)) {
	for dir, p := range l.packages {
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
		p.had = p.had || p.listed(l.fs)
		meet(dir)
	}
}

// seen returns the name of the installer that is at work in the folder; "": none is seen.
func (l *loop) seen(p *packages) string {
	if l.cfg.Installer == nil {
		return ""
	}
	name, own := l.cfg.Installer(p.Dir)
	p.own, p.other = p.own || name != "" && own, p.other || name != "" && !own
	return name
}

// inPackages marks the folder of packages in which an event has named a path. If it was the folder
// itself or a list that was removed, the packages are being replaced: they differ from those before,
// even with the same names.
func (l *loop) inPackages(ev fsnotify.Event, path string) {
	gone := ev.Has(fsnotify.Remove | fsnotify.Rename)
	if p := l.packages[path]; p != nil && p.had && gone {
		l.tree.set(p.Dir, digest{kind: unread})
	}
	p, name := l.packages[filepath.Dir(path)], filepath.Base(path)
	if p == nil || !p.Tells(name) || !l.rules.Counts(p.Dir) {
		return
	}
	if p.had && gone && slices.Contains(p.Lists, name) {
		l.tree.set(p.Dir, digest{kind: unread})
	}
	l.mark(p.Dir)
}

// comparePackages prepares the comparison of a dirty folder of packages, and reports
// whether it can be compared: not while an installer is about to replace the packages.
// But what the program itself installs before its server starts is no change: a command
// such as npm ci && node server.js would be swapped for ever.
func (l *loop) comparePackages(p *packages) bool {
	own := p.own && !p.other
	p.rest() // another installer may write the list next
	if p.unfinished(l.fs) {
		l.tree.set(p.Dir, digest{kind: unread})
		return false
	}
	p.had = p.listed(l.fs)
	if own { // the server of that command starts after the installer
		is, _ := p.read(l.reader)
		l.tree.set(p.Dir, is)
	}
	return !own
}

// awaitInstaller returns how long the batch has to wait because packages are being
// installed; 0: it has not. An installer that is seen is waited for, its scripts
// included, so that no program starts on half of its packages.
func (l *loop) awaitInstaller(now time.Time) time.Duration {
	w := &l.installers
	if rest := installerLook - now.Sub(w.looked); rest > 0 {
		return rest
	}
	w.looked = now
	at, name := l.installing()
	l.tell(false)
	if at == nil {
		w.reset()
		return 0
	}
	others := slices.ContainsFunc(slices.Collect(maps.Keys(l.dirty)), func(path string) bool { return l.packages[path] == nil })
	ended := name == "" && w.name != ""
	if name == "" && !ended && !others {
		w.reset()
		return 0 // nothing waits, and the list will raise an event
	}
	limit := unseenInstaller
	if name != "" {
		limit = longestInstall
	}
	if w.since.IsZero() {
		w.since = now
	}
	if !w.told && (others || !at.own) { // nothing waits for a step of the program
		w.told = true
		l.cfg.OnNotice(Notice{Kind: Installing, Path: at.Dir, Name: name})
	}
	if ended || now.Sub(w.since) >= limit {
		l.cfg.OnNotice(Notice{Kind: InstallSlow, Path: at.Dir, Name: cmp.Or(name, w.name)})
		w.reset()
		for dir, p := range l.packages { // no batch waits until something happens
			p.busy = false
			if p.unfinished(l.fs) {
				p.rest()
				p.had = false
				delete(l.dirty, dir)
			}
		}
		return 0
	}
	w.name = name
	return installerLook
}

// installing returns a folder of packages that cannot be compared yet, preferably one with an
// installer at work, and the name of that; nil: all can.
func (l *loop) installing() (at *packages, name string) {
	for _, p := range l.packages {
		if !p.busy && !p.unfinished(l.fs) {
			continue
		}
		if who := l.seen(p); who != "" || name == "" && p.unfinished(l.fs) {
			at, name = p, who
		}
	}
	return at, name
}
