package watch

import "path/filepath"

// tree is what is known of the disk: the folders, and the digest of each file at its last
// comparison.
type tree struct{ dirs map[string]*dir }

type dir struct {
	files   map[string]digest   // by name
	subs    map[string]struct{} // names of folders in dirs
	watched bool                // by the kernel or the poller
}

func newTree() *tree { return &tree{dirs: make(map[string]*dir)} }

// add makes the folder known and links it to its parent, if that is known.
func (t *tree) add(path string) *dir {
	if d, ok := t.dirs[path]; ok {
		return d
	}
	d := &dir{files: make(map[string]digest), subs: make(map[string]struct{})}
	t.dirs[path] = d
	if parent, ok := t.dirs[filepath.Dir(path)]; ok && parent != d {
		parent.subs[filepath.Base(path)] = struct{}{}
	}
	return d
}

// base returns the last digest of a file: absent when the file is not known.
func (t *tree) base(path string) digest {
	if d, ok := t.dirs[filepath.Dir(path)]; ok {
		return d.files[filepath.Base(path)]
	}
	return digest{}
}

// set records a digest. Absent forgets the file, and folders of which nothing is left.
func (t *tree) set(path string, now digest) {
	parent, name := filepath.Dir(path), filepath.Base(path)
	if now.kind != absent {
		t.add(parent).files[name] = now
		return
	}
	if d, ok := t.dirs[parent]; ok {
		delete(d.files, name)
		t.prune(parent)
	}
}

// prune forgets a folder that is neither watched nor holds anything, then its parents in
// the same way.
func (t *tree) prune(path string) {
	for {
		d, ok := t.dirs[path]
		if !ok || d.watched || len(d.files) > 0 || len(d.subs) > 0 {
			return
		}
		delete(t.dirs, path)
		parent := filepath.Dir(path)
		if p, ok := t.dirs[parent]; ok {
			delete(p.subs, filepath.Base(path))
		}
		path = parent
	}
}

// below returns the known folders at and below path, parents first.
func (t *tree) below(path string) []string {
	if _, ok := t.dirs[path]; !ok {
		return nil
	}
	list := []string{path}
	for i := 0; i < len(list); i++ {
		for name := range t.dirs[list[i]].subs {
			list = append(list, filepath.Join(list[i], name))
		}
	}
	return list
}
