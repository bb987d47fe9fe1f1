package python

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// cacheAge is how long after its source's save a cache has to be written so that no other save
// of that second can follow (site/bytecode.py).
const cacheAge = 2 * time.Second

// DropCaches removes caches of a source that has just been saved, if they may be of the save before: Python compares
// only the size and the second. Processes that the program starts do not have bytecode.py, and need this. prefix is
// PYTHONPYCACHEPREFIX or "".
func DropCaches(source, prefix string) {
	stem, isSource := strings.CutSuffix(filepath.Base(source), ".py")
	saved, err := os.Stat(source)
	if !isSource || err != nil {
		return
	}
	dir := filepath.Join(filepath.Dir(source), "__pycache__")
	if prefix != "" {
		dir = filepath.Join(prefix, filepath.Dir(source))
	}
	caches, _ := os.ReadDir(dir)
	for _, c := range caches {
		// stem.TAG.pyc or stem.TAG.opt-N.pyc
		written, err := c.Info()
		if name := c.Name(); err == nil && strings.HasPrefix(name, stem+".") && strings.HasSuffix(name, ".pyc") &&
			written.ModTime().Sub(saved.ModTime()) < cacheAge {
			_ = os.Remove(filepath.Join(dir, name)) // where that is forbidden Python could not write the cache
		}
	}
}
