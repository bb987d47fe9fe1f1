package standby

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/internal/regular"
)

const (
	maxPrograms = 64      // programs; of more, hotswap forgets the one that was used longest ago
	maxMemory   = 4 << 20 // bytes of a program's file
	format      = 1       // changes when older files mean something else
)

// memory is a program's file: what rehearsals have shown.
type memory struct {
	Format   int             `json:"format"`
	Key      string          `json:"key"` // of the program, as a digest
	Packages map[string]fact `json:"packages"`
}

// Remember returns what is known of the program with that key, which has the runtime's version, the command and the
// folder. dir has the files of all programs; "": nothing is kept. Remember ignores a damaged file.
func Remember(dir, key string) *Knowledge {
	sum := sha256.Sum256([]byte(key))
	k := &Knowledge{key: hex.EncodeToString(sum[:]), packages: map[string]fact{}}
	if dir == "" {
		return k
	}
	k.path = filepath.Join(dir, k.key[:32]+".json")
	b, _ := regular.Text(k.path)
	if m, ok := parseMemory(b); ok && m.Key == k.key {
		k.packages = m.Packages
		now := time.Now()
		_ = os.Chtimes(k.path, now, now) // forget removes the oldest
	}
	return k
}

func parseMemory(b []byte) (m memory, ok bool) {
	ok = len(b) <= maxMemory && json.Unmarshal(b, &m) == nil && m.Format == format && m.Packages != nil
	return m, ok
}

// save writes the file. If save cannot, the next hotswap learns the same again. save does not sync the file, because
// [Remember] ignores a damaged one.
func (k *Knowledge) save() {
	if k.path == "" {
		return
	}
	k.mu.Lock()
	b, err := json.Marshal(memory{format, k.key, k.packages})
	k.mu.Unlock()
	if err != nil || len(b) > maxMemory {
		return
	}
	if regular.Replace(k.path, b, 0o600) == nil {
		forget(filepath.Dir(k.path))
	}
}

// forget removes the files of programs that were used longest ago, and leftovers.
func forget(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) <= maxPrograms {
		return
	}
	age := func(e os.DirEntry) time.Time {
		if info, err := e.Info(); err == nil {
			return info.ModTime()
		}
		return time.Time{}
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return age(a).Compare(age(b)) })
	for _, e := range entries[:len(entries)-maxPrograms] {
		_ = os.Remove(filepath.Join(dir, e.Name()))
	}
}
