package modules

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
	"github.com/hotswap-dev/hotswap/internal/regular"
)

// Runtime is whose processes tell.
type Runtime struct {
	Name    string
	Scripts fs.FS // that they load, in a folder of their own
	// Variables are those that its processes take away: a hotswap above may have set them.
	Variables []string
	// Apart are the characters that end a path in the variable that has the scripts
	// loaded: a folder whose path has one would be taken for two others. The one in
	// /tmp has none.
	Apart string
	// Add adds to an environment what has the scripts loaded, and the folder in which
	// to tell, or says why that cannot be.
	Add func(env []string, scripts, dir string) ([]string, error)
}

// Transport has each generation's processes of a runtime tell what they load.
type Transport struct {
	Runtime
	into []assets.Place
	tmp  *scratch.Folder

	mu   sync.Mutex // guards what follows
	dirs map[handoff.GenID]string
	why  error // why the newest generation's processes do not tell
}

var _ handoff.Transport = (*Transport)(nil)

// New makes the transport, whose processes tell in folders of tmp.
func New(r Runtime, tmp *scratch.Folder) *Transport {
	return &Transport{Runtime: r, into: assets.Places(r.Name), tmp: tmp, dirs: map[handoff.GenID]string{}}
}

// Name is the runtime's.
func (t *Transport) Name() string { return t.Runtime.Name }

// Prepare adds to the environment. Where something is in the way, the program is
// started without, and Missing says why.
func (t *Transport) Prepare(l *handoff.Launch) (handoff.Session, error) {
	s := &session{of: t, gen: l.Gen}
	l.Env = slices.DeleteFunc(l.Env, func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(t.Variables, name)
	})
	env, err := t.add(l.Env, s)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.why = err; err != nil {
		return s, nil
	}
	l.Env = env
	t.dirs[l.Gen] = s.dir
	return s, nil
}

// add makes the session's folder, and gives the environment that leads there.
func (t *Transport) add(env []string, s *session) ([]string, error) {
	places := slices.DeleteFunc(slices.Clone(t.into), func(p assets.Place) bool { return strings.ContainsAny(p.Path, t.Apart) })
	scripts, err := assets.Files(t.Scripts, t.Runtime.Name, places)
	if err != nil {
		return nil, err
	}
	if s.dir, err = t.tmp.Make(t.Runtime.Name + "-"); err != nil {
		return nil, err
	}
	if env, err = t.Add(slices.Clone(env), scripts, s.dir); err != nil {
		_ = os.RemoveAll(s.dir) // it is empty
	}
	return env, err
}

// Missing says why no process of the newest generation has told: none, if none of the
// processes is the runtime's, or what was in the way.
func (t *Transport) Missing(pids []int, is func(exe string) bool, none error) error {
	if t == nil {
		return none
	}
	t.mu.Lock()
	why := t.why
	t.mu.Unlock()
	procs, err := standby.Look(pids)
	if why == nil || err != nil || !slices.ContainsFunc(procs, func(p standby.Process) bool { return is(p.Name()) }) {
		return none
	}
	return why
}

// dir is where the processes of a generation tell; "": nowhere.
func (t *Transport) dir(gen handoff.GenID) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dirs[gen]
}

type session struct {
	of  *Transport
	gen handoff.GenID
	dir string
}

// Run keeps the folder as long as the generation lives.
func (s *session) Run(ctx context.Context, _ handoff.Running, _ func(handoff.Event)) error {
	<-ctx.Done()
	return s.Close()
}

// Close removes the folder.
func (s *session) Close() error {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	if s.dir == "" || s.of.dirs[s.gen] != s.dir {
		return nil
	}
	delete(s.of.dirs, s.gen)
	return os.RemoveAll(s.dir)
}

// Reports are what those of a generation's processes have told, by process id.
func Reports[R any](t *Transport, gen handoff.GenID, pids []int, read func(io.Reader) (R, error)) (map[int]R, error) {
	out := map[int]R{}
	if t == nil {
		return out, nil
	}
	dir := t.dir(gen)
	for _, pid := range pids {
		f, err := regular.Open(filepath.Join(dir, strconv.Itoa(pid)))
		if dir == "" || err != nil {
			continue
		}
		out[pid], err = read(f)
		_ = f.Close()
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Main is the uppermost of the processes that have told.
func Main[R any](procs []standby.Process, reports map[int]R) (main standby.Process, ok bool) {
	byPID := map[int]standby.Process{}
	for _, p := range procs {
		byPID[p.PID] = p
	}
	for _, p := range procs {
		if _, told := reports[p.PID]; !told {
			continue
		}
		if below := slices.ContainsFunc(procs, func(o standby.Process) bool {
			_, told := reports[o.PID]
			return told && o.PID != p.PID && standby.Below(byPID, p, o.PID)
		}); below {
			continue
		}
		if ok {
			return main, false
		}
		main, ok = p, true
	}
	return main, ok
}
