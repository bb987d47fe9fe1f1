package once

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// sweptAtOnce limits the projects that are looked at in one run of hotswap.
	sweptAtOnce = 16
	// listedAtOnce limits the names among which these are drawn.
	listedAtOnce = 4096
	// sweptAfter is how long a project must not have run a task: its folder may be on a
	// removable disk.
	sweptAfter = 30 * 24 * time.Hour
)

// sweep removes the files of some projects whose folders are gone.
func sweep(home string, now time.Time) {
	dir, err := os.Open(home)
	if err != nil {
		return
	}
	names, _ := dir.Readdirnames(listedAtOnce)
	_ = dir.Close()
	rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	looked := 0
	for _, name := range names {
		project, ok := strings.CutSuffix(name, ".lock") // each project has one
		if !ok {
			continue
		}
		if looked++; looked > sweptAtOnce {
			return
		}
		sweepProject(filepath.Join(home, project), now)
	}
}

// sweepProject removes the files of a project if its folder is gone, or nothing is
// remembered of it, and no hotswap holds its lock.
func sweepProject(path string, now time.Time) {
	info, err := os.Lstat(path + ".lock")
	if err != nil || now.Sub(info.ModTime()) < sweptAfter || !unused(path) {
		return
	}
	f, err := tryLock(path + ".lock")
	if err != nil {
		return
	}
	defer unlock(f)
	if !unused(path) { // a task has run meanwhile
		return
	}
	for _, end := range []string{".json", ".json.new", ".lock"} {
		_ = os.Remove(path + end)
	}
}

// unused reports whether nobody needs what is remembered of a project.
func unused(path string) bool {
	m, err := read(path + ".json")
	if err != nil || m.Format == 0 {
		return true // damaged or missing
	}
	_, err = os.Lstat(m.Project)
	return errors.Is(err, fs.ErrNotExist)
}
