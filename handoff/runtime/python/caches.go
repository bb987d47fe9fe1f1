package python

import (
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

// cacheAge is how long after its source's save a cache has to be written so that no other save
// of that second can follow (site/bytecode.py).
const cacheAge = 2 * time.Second

// DropCaches removes caches of a source that has just been saved, if Python would use them for
// the new source although they may be of the save before. Processes that the program starts do
// not have bytecode.py, and need this. prefix is PYTHONPYCACHEPREFIX or "".
func DropCaches(source, prefix string) {
	stem, isSource := strings.CutSuffix(filepath.Base(source), ".py")
	if !isSource {
		return
	}
	dir := filepath.Join(filepath.Dir(source), "__pycache__")
	if prefix != "" {
		dir = filepath.Join(prefix, filepath.Dir(source))
	}
	caches, _ := os.ReadDir(dir)
	for _, c := range caches {
		// stem.TAG.pyc or stem.TAG.opt-N.pyc
		if name := c.Name(); strings.HasPrefix(name, stem+".") && strings.HasSuffix(name, ".pyc") && mayHide(source, filepath.Join(dir, name)) {
			_ = os.Remove(filepath.Join(dir, name)) // where that is forbidden Python could not write the cache
		}
	}
}

// mayHide reports whether Python takes a cache for that of the source, although the source may
// have been saved twice in that second. A cache begins with four numbers of 32 bits: magic number,
// flags (0: by time), and the source's time and size.
func mayHide(source, cache string) bool {
	st, err := os.Stat(source)
	if err != nil {
		return false
	}
	f, err := regular.Open(cache)
	if err != nil {
		return false
	}
	defer f.Close()
	written, err := f.Stat()
	head := make([]byte, 16)
	if err != nil || written.ModTime().Sub(st.ModTime()) >= cacheAge {
		return false
	}
	if _, err := io.ReadFull(f, head); err != nil {
		return false
	}
	number := func(i int) uint32 { return binary.LittleEndian.Uint32(head[4*i:]) }
	return number(1) == 0 && number(2) == uint32(st.ModTime().Unix()) && number(3) == uint32(st.Size())
}
