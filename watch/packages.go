package watch

import (
	"encoding/binary"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

const (
	// installerLook is how often a waiting batch looks whether the installer has ended.
	installerLook = 100 * time.Millisecond
	// unseenInstaller is how long a batch waits for a list of packages that an installer
	// has removed, where no installer is to be seen: it may run elsewhere.
	unseenInstaller = 30 * time.Second
)

// packages is a folder of installed packages, which counts as if it were one file: its
// bytes are the lists that installers write when they have ended.
type packages struct {
	rules.Packages // constant: the baseline readers read it as well
	installation   // the loop owns it
}

// installation is what has happened in a folder of packages.
type installation struct {
	busy  bool // something has happened in it since it was last compared
	had   bool // there was a list when it was last compared with one, or at the start
	lost  bool // the list has been removed since, and may be there again
	own   bool // an installer that is a step of the program was seen since,
	other bool // or another one
	again bool // no batch waits for it until something happens in it: the installer is slow, or has failed
}

// installers is what a batch knows about them.
type installers struct {
	since  time.Time // when this batch first met one; zero: it has not
	looked time.Time
	name   string // the one that was seen at the last look
	held   bool   // the batch waited at the last look
	told   bool   // of this one
}

func (w *installers) reset() { *w = installers{} }

// read is the digest of what the lists say, or, where there is none, of the names and
// times of the packages' own folders. at is when that last changed.
func (p *packages) read(r *reader) (d digest, at time.Time, err error) {
	var sums []byte
	for _, list := range p.Lists {
		is, changed, err := r.read(filepath.Join(p.Dir, filepath.FromSlash(list.Read)))
		if err != nil {
			return digest{}, time.Time{}, err
		}
		if is.kind != absent {
			sums = binary.LittleEndian.AppendUint64(sums, is.sum)
			at = later(at, changed)
		}
	}
	if len(sums) == 0 {
		entries, err := r.fs.ReadDir(p.Dir)
		if err != nil {
			return digest{}, time.Time{}, nil // there is no such folder
		}
		for _, e := range entries {
			info, err := r.fs.Stat(filepath.Join(p.Dir, e.Name()))
			if err != nil || !p.Counts(e.Name()) {
				continue
			}
			sums = append(append(sums, e.Name()...), 0)
			sums = binary.LittleEndian.AppendUint64(sums, uint64(info.ModTime().UnixNano()))
			at = later(at, info.ModTime())
		}
	}
	r.hash.Reset()
	_, _ = r.hash.Write(sums) // never fails: maphash
	return digest{kind: hashed, size: int64(len(sums)), sum: r.hash.Sum64()}, at, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// written are the paths of the lists.
func (p *packages) written() (paths []string) {
	for _, l := range p.Lists {
		paths = append(paths, filepath.Join(p.Dir, l.Written))
	}
	return paths
}

// listed tells whether an installer has written its list.
func (p *packages) listed(fsys files) bool {
	return slices.ContainsFunc(p.written(), func(path string) bool {
		_, err := fsys.Stat(path)
		return err == nil
	})
}

// unfinished tells whether the list that was there is gone.
func (p *packages) unfinished(fsys files) bool { return p.had && !p.listed(fsys) }

// beginPackages watches folders that the walk has not met: those above the roots.
func (l *loop) beginPackages(meet func(path string)) {
	for dir, p := range l.packages {
		if info, err := l.fs.Stat(dir); err != nil || !info.IsDir() || !l.rules.File(dir).Watch() {
			continue // whoever watches its parent tells when it is there
		}
		if d, ok := l.tree.dirs[dir]; !ok || !d.watched {
			if !l.watchDir(dir) {
				continue
			}
			if _, ok := l.starts[dir]; !ok {
				l.starts[dir], l.followed[dir] = true, true
			}
		}
		p.had = p.had || p.listed(l.fs)
		meet(dir)
	}
}

// seen is the installer that is at work there; "": none is seen.
func (l *loop) seen(p *packages) string {
	if l.cfg.Installer == nil {
		return ""
	}
	name, own := l.cfg.Installer(p.Dir)
	p.own, p.other = p.own || name != "" && own, p.other || name != "" && !own
	return name
}

// inPackages marks the folder of packages in which an event has named a path.
func (l *loop) inPackages(ev fsnotify.Event, path string) {
	gone := ev.Has(fsnotify.Remove | fsnotify.Rename)
	if p := l.packages[path]; p != nil && gone {
		p.lost = p.had
	}
	p, name := l.packages[filepath.Dir(path)], filepath.Base(path)
	if p == nil || !p.Tells(name) || !l.rules.File(p.Dir).Watch() {
		return
	}
	if gone && slices.ContainsFunc(p.Lists, func(list rules.List) bool { return list.Written == name }) {
		p.lost = p.had
	}
	l.mark(p.Dir)
}

// comparePackages prepares the comparison of a dirty folder of packages, and tells
// whether it can be compared: what an installer is about to replace is no state of its
// own. What comes after that differs from all before, even if it has the same names; but
// what the program itself installs before its server starts is no change: a command
// such as npm ci && node server.js would be swapped for ever.
func (l *loop) comparePackages(p *packages) bool {
	own := p.own && !p.other
	if unfinished := p.unfinished(l.fs); unfinished || p.lost && !own {
		l.tree.set(p.Dir, digest{kind: unread})
		if unfinished { // who writes the list next is another installer, perhaps
			p.busy, p.own, p.other = false, false, false
			return false
		}
	}
	p.installation = installation{had: p.listed(l.fs)}
	if own { // the server of that very command starts after it
		is, _, err := p.read(l.reader)
		if err == nil {
			l.tree.set(p.Dir, is)
		}
		return err != nil
	}
	return true
}

// awaitInstaller gives the time to wait on because packages are being installed, 0 if
// there is no reason to. A batch never starts a program on half of its packages if that
// can be known: an installer that is seen is waited for, its scripts included.
func (l *loop) awaitInstaller(now time.Time) time.Duration {
	w := &l.installers
	var at *packages // one that is not to be compared yet
	name, unfinished := "", false
	if rest := installerLook - now.Sub(w.looked); w.held && rest > 0 {
		return rest
	}
	for _, p := range l.packages {
		if p.again || !p.busy && !p.unfinished(l.fs) {
			continue
		}
		who := l.seen(p)
		if half := p.unfinished(l.fs); who != "" || half && name == "" {
			at, name, unfinished = p, who, half
		}
	}
	w.looked = now
	others := slices.ContainsFunc(keys(l.dirty), func(path string) bool { return l.packages[path] == nil })
	switch {
	case at == nil && w.held:
		// It has ended between two looks, and files may still be on their way through
		// the kernel's queue: one more quiet time, counted from now.
		w.reset()
		l.debounce.restart(now)
		return l.cfg.Quiet
	case at == nil:
		return 0
	case name == "" && w.name != "" && unfinished:
		l.giveUp(Notice{Kind: InstallFailed, Path: at.Dir, Name: w.name})
		return 0
	case name == "" && !others:
		return 0 // nothing waits: the list raises an event when it is there
	}
	limit := unseenInstaller
	if name != "" {
		limit = l.cfg.InstallWait
	}
	if w.since.IsZero() || w.name == "" && name != "" {
		w.since, w.told = now, false
	}
	if !w.told && (others || !at.own) { // nothing waits for a step of the program's own
		w.told = true
		l.cfg.OnNotice(Notice{Kind: Installing, Path: at.Dir, Name: name})
	}
	if now.Sub(w.since) >= limit {
		l.giveUp(Notice{Kind: InstallSlow, Path: at.Dir, Name: name})
		return 0
	}
	w.held, w.name = true, name
	return installerLook
}

// giveUp lets the batch go as things are.
func (l *loop) giveUp(n Notice) {
	l.cfg.OnNotice(n)
	l.installers.reset()
	for _, p := range l.packages {
		p.again = true
	}
}

func keys(m map[string]struct{}) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}
