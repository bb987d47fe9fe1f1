package watch

import (
	"path/filepath"
	"slices"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// tree is what is known of the disk: the folders, and the digest of each file at its last
// comparison.
type tree map[string]*dir // by path

type dir struct {
	files   map[string]digest // by name
	watched bool              // by the kernel or the poller
}

func (t tree) add(path string) *dir {
	d, ok := t[path]
	if !ok {
		d = &dir{files: make(map[string]digest)}
		t[path] = d
	}
	return d
}

// base returns the last digest of a file: absent when the file is not known.
func (t tree) base(path string) digest {
	if d, ok := t[filepath.Dir(path)]; ok {
		return d.files[filepath.Base(path)]
	}
	return digest{}
}

// set records a digest. With absent, set removes the file, and its folder if nothing is left of that.
func (t tree) set(path string, now digest) {
	parent, name := filepath.Dir(path), filepath.Base(path)
	if now.kind != absent {
		t.add(parent).files[name] = now
	} else if d, ok := t[parent]; ok {
		delete(d.files, name)
		t.prune(parent)
	}
}

func (t tree) prune(path string) {
	if d, ok := t[path]; ok && !d.watched && len(d.files) == 0 {
		delete(t, path)
	}
}

// below returns the known folders at and below path, parents first.
func (t tree) below(path string) (list []string) {
	for dir := range t {
		if rules.Within(dir, path) {
			list = append(list, dir)
		}
	}
	slices.Sort(list)
	return list
}
