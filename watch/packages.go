package watch

import (
	"encoding/binary"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/watch/rules"
)

const (
	// installerLook is how often a waiting batch looks for the end of the installer.
	installerLook = 5 * wait.Look
	// longestInstall is how long a batch waits for an installer that is seen.
	longestInstall = 5 * time.Minute
)

// packages is a folder of installed packages, which counts as if it were one file: its
// bytes are the lists that installers write when they have ended.
type packages struct {
	rules.Packages // constant: the baseline readers read it as well

	// The loop owns these.
	own   bool // since it was last compared an installer was seen that is a step of the program,
	other bool // or one that is not
}

// installation is what a batch knows of an installer. The zero value: it has met none.
type installation struct {
	since    time.Time // when the batch first met one
	looked   time.Time
	notified bool
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

// extend returns how long the batch has to wait although its quiet time is over; 0: it
// has not.
func (l *loop) extend(now time.Time) time.Duration {
	if len(l.dirty) == 0 {
		return 0
	}
	if pause := l.awaitInstaller(now); pause > 0 {
		l.held = true
		return pause
	}
	if l.held {
		// The installer has ended between two looks, and events may still be in the kernel's queue: one
		// more quiet time.
		l.held = false
		l.debounce.restart(now)
		return l.debounce.long
	}
	return l.awaitCompiler(now)
}

// awaitInstaller returns how long the batch has to wait because packages are being
// installed; 0: it has not. An installer that is seen is waited for, its scripts
// included, so that no program starts on half of its packages.
func (l *loop) awaitInstaller(now time.Time) time.Duration {
	w := &l.installation
	if rest := installerLook - now.Sub(w.looked); rest > 0 {
		return rest
	}
	w.looked = time.Time{}
	at, name := l.installing()
	if at == "" {
		return 0
	}
	if w.since.IsZero() {
		w.since = now
	}
	if now.Sub(w.since) >= longestInstall {
		return 0
	}
	// If nothing else waits, that is the program's own step, or nobody's concern.
	if len(l.dirty) > 1 && !w.notified {
		w.notified = true
		l.cfg.OnNotice(Notice{Kind: Installing, Path: at, Name: name})
	}
	w.looked = now
	return installerLook
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

// installing returns a changed folder of packages in which an installer is at work, and the name of that installer; "": there
// is no such folder.
func (l *loop) installing() (at, name string) {
	for dir := range l.dirty {
		if p := l.packages[dir]; p != nil {
			if name := l.seen(p); name != "" {
				return dir, name
			}
		}
	}
	return "", ""
}
