package reports

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Config is how processes of a language runtime are made to report.
type Config struct {
	Name    string
	Scripts assets.Bundle // that the processes load
	// Variable gives the processes the folder of their reports, and StandbyVariable that of a
	// standby. They remove both. An outer hotswap may have set them.
	Variable, StandbyVariable string
	// Loader is the variable that has the scripts loaded, and Entry returns what stands there
	// first for the folder of the scripts.
	Loader string
	Entry  func(scripts string) string
	// Separators end a path in Loader. A folder whose path has one of them is not used; the one
	// in /tmp has none. The first follows the entry.
	Separators string
}

// Transport has each generation's processes of a runtime report what they load.
type Transport struct {
	Config
	folders []assets.Folder
	folder  func(handoff.GenID) string // that a generation's adapters have; "": none
}

// New returns a transport whose reports are in the folder of the generation's adapters, and end with it.
func New(c Config, folder func(handoff.GenID) string) *Transport {
	return &Transport{Config: c, folders: c.Scripts.Folders(), folder: folder}
}

// Prepare adds to the environment. If that fails, the program starts without it, and there are no standbys.
func (t *Transport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	l.Env = handoff.Without(l.Env, t.Variable, t.StandbyVariable)
	dir := t.folder(l.Gen)
	places := slices.DeleteFunc(slices.Clone(t.folders), func(p assets.Folder) bool {
		return strings.ContainsAny(p.Path, t.Separators)
	})
	if scripts, err := t.Scripts.Unpack(places); err == nil && dir != "" {
		l.Env = t.Environ(l.Env, scripts, dir)
	}
	return nil, nil // reports are read when somebody asks
}

// Inspect returns the main process of a generation, which is the uppermost of those that
// have reported, and all its processes.
func Inspect[R any](t *Transport, gen handoff.GenID, pids []int, read func(io.Reader) (R, error)) (R, int,
	[]standby.Process, error) {
	var report R
	reports := map[int]R{}
	for _, pid := range pids {
		r, err := Read(t, gen, pid, read)
		if errors.Is(err, standby.ErrNoProcess) {
			continue
		} else if err != nil {
			return report, 0, nil, err
		}
		reports[pid] = r
	}
	if len(reports) == 0 {
		return report, 0, nil, standby.ErrNoProcess
	}
	procs, err := standby.ReadProcesses(pids)
	if err != nil {
		return report, 0, nil, err
	}
	reported := func(p standby.Process) bool { _, is := reports[p.PID]; return is }
	main, ok := standby.Uppermost(procs, reported, reported)
	if !ok {
		return report, 0, nil, fmt.Errorf("it has several processes of %s", t.Config.Name)
	}
	return reports[main], main, procs, nil
}

// Environ adds to an environment what has the scripts loaded, and the folder for the
// reports. It changes env. Processes have an empty Loader unset afterwards, which is the same to a runtime.
func (c Config) Environ(env []string, scripts, dir string) []string {
	name, entry, separator := c.Loader, c.Entry(scripts), c.Separators[:1]
	at := slices.IndexFunc(env, func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
	if at < 0 {
		at, env = len(env), append(env, name+"=")
	}
	switch given := env[at][len(name)+1:]; {
	case given == "":
		env[at] += entry
	case given != entry && !strings.HasPrefix(given, entry+separator): // an outer hotswap may have added it
		env[at] = name + "=" + entry + separator + given
	}
	return append(env, c.Variable+"="+dir)
}

// Read returns the report of one process of a generation.
func Read[R any](t *Transport, gen handoff.GenID, pid int, read func(io.Reader) (R, error)) (report R, err error) {
	f, err := regular.Open(t.file(gen, pid))
	if err != nil {
		return report, standby.ErrNoProcess
	}
	defer f.Close()
	return read(f)
}

// file returns the path of a process's report; "": there can be none.
func (t *Transport) file(gen handoff.GenID, pid int) string {
	dir := t.folder(gen)
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, t.Config.Name+"-"+strconv.Itoa(pid))
}

// Writes reports whether a process can still add to its report: not if it has become another user.
func (t *Transport) Writes(gen handoff.GenID, pid int) bool {
	report, err := os.Stat(t.file(gen, pid))
	process, err2 := os.Stat(string(procfs.Of(pid)))
	return err == nil && err2 == nil && report.Sys().(*syscall.Stat_t).Uid == process.Sys().(*syscall.Stat_t).Uid
}

// maxLine bounds a line of a report, in bytes, and 64 of them the whole report.
const maxLine = 1 << 20

// Lines returns the lines of a report, each decoded. The last line may be incomplete.
func Lines[L any](from io.Reader) iter.Seq2[L, error] {
	return func(yield func(L, error) bool) {
		lines := bufio.NewReaderSize(io.LimitReader(from, 64*maxLine), 64<<10)
		for {
			b, err := lines.ReadBytes('\n')
			if err != nil {
				return
			}
			var l L
			if err := json.Unmarshal(b, &l); !yield(l, err) || err != nil {
				return
			}
		}
	}
}
