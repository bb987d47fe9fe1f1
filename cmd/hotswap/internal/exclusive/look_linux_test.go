package exclusive

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"golang.org/x/sys/unix"
)

// holderEnv makes the test's binary a process that opens files, and takes locks, as it is told:
// write, read, flock, posix, shared or ofd, and a path.
const holderEnv = "EXCLUSIVE_TEST_HOLDER"

func TestMain(m *testing.M) {
	if os.Getenv(holderEnv) != "" {
		hold()
	}
	os.Exit(m.Run())
}

func hold() {
	in := bufio.NewScanner(os.Stdin)
	var open []*os.File
	for in.Scan() {
		how, path, _ := strings.Cut(in.Text(), " ")
		flag := os.O_RDWR | os.O_CREATE
		if how == "read" {
			flag = os.O_RDONLY
		}
		f, err := os.OpenFile(path, flag, 0o644)
		if err == nil {
			fd := int(f.Fd())
			l := unix.Flock_t{Type: unix.F_WRLCK, Start: 10, Len: 5}
			switch how {
			case "flock":
				err = unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
			case "posix":
				err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, &l)
			case "shared":
				l.Type = unix.F_RDLCK
				err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, &l)
			case "ofd":
				err = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &l)
			}
		}
		if err != nil {
			os.Stdout.WriteString(err.Error() + "\n")
			continue
		}
		open = append(open, f)
		os.Stdout.WriteString("ok\n")
	}
	runtime.KeepAlive(open) // a finalizer would close them
	os.Exit(0)
}

// holder is such a process.
type holder struct {
	t   *testing.T
	pid int
	do  func(words string)
}

func startHolder(t *testing.T) holder {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), holderEnv+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	answers := bufio.NewReader(out)
	return holder{t, cmd.Process.Pid, func(words string) {
		t.Helper()
		if _, err := in.Write([]byte(words + "\n")); err != nil {
			t.Fatal(err)
		}
		if answer, err := answers.ReadString('\n'); err != nil || answer != "ok\n" {
			t.Fatalf("%s: %q, %v", words, answer, err)
		}
	}}
}

// folder returns a folder without symbolic links, with a PostgreSQL folder for each name.
func folder(t *testing.T, databases ...string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range databases {
		for _, sub := range []string{"", "base/5"} {
			at := filepath.Join(dir, d, sub)
			if err := os.MkdirAll(at, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(at, "PG_VERSION"), []byte("17\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func TestLook(t *testing.T) {
	dir, elsewhere := folder(t, "pgdata"), folder(t, "pgdata")
	for name, c := range map[string]struct {
		do       string
		database string
		lock     string
	}{
		"a table":                      {do: "write " + dir + "/pgdata/base/5/1259", database: dir + "/pgdata"},
		"a table outside the project":  {do: "write " + elsewhere + "/pgdata/base/5/1259", database: elsewhere + "/pgdata"},
		"a table that is read":         {do: "read " + dir + "/pgdata/base/5/PG_VERSION"},
		"a file beside the database":   {do: "write " + dir + "/app.log"},
		"flock":                        {do: "flock " + dir + "/a.lock", lock: dir + "/a.lock"},
		"fcntl":                        {do: "posix " + dir + "/a.db", lock: dir + "/a.db"},
		"fcntl of a descriptor":        {do: "ofd " + dir + "/b.db", lock: dir + "/b.db"},
		"a shared lock":                {do: "shared " + dir + "/a.db-shm"},
		"a lock outside the project":   {do: "flock " + elsewhere + "/a.lock"},
		"a lock on what is not a file": {do: "flock /dev/null"},
	} {
		t.Run(name, func(t *testing.T) {
			h := startHolder(t)
			h.do(c.do)
			got := look(dir, []int{h.pid})
			if want := slices.DeleteFunc([]string{c.database}, func(s string) bool { return s == "" }); !slices.Equal(got.databases, want) {
				t.Errorf("databases %q, not %q", got.databases, want)
			}
			if len(got.locks) != 0 && got.locks[0].path != c.lock || (len(got.locks) == 1) != (c.lock != "") {
				t.Errorf("locks %v, not %q", got.locks, c.lock)
			}
		})
	}
}

// What nobody can open under that name does not count, nor what another process holds.
func TestLookAtWhatIsGone(t *testing.T) {
	dir := folder(t, "pgdata")
	h := startHolder(t)
	h.do("flock " + dir + "/a.lock")
	h.do("write " + dir + "/pgdata/base/5/1259")
	if got := look(dir, []int{os.Getpid(), 1 << 30}); len(got.databases)+len(got.locks) > 0 {
		t.Errorf("of another process: %+v", got)
	}
	for _, name := range []string{"a.lock", "pgdata/base/5/1259"} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, "old")); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, "old")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := look(dir, []int{h.pid}); len(got.databases)+len(got.locks) > 0 {
		t.Errorf("removed, with others of these names: %+v", got)
	}
}

// A lock that came with a descriptor of hotswap's own start says nothing about the program.
func TestLockOfAnother(t *testing.T) {
	dir := folder(t)
	f, err := os.Create(filepath.Join(dir, "a.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env, cmd.ExtraFiles = append(os.Environ(), holderEnv+"=1"), []*os.File{f}
	if _, err := cmd.StdinPipe(); err != nil { // it ends with its input
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if got := look(dir, []int{cmd.Process.Pid}); len(got.locks) > 0 {
		t.Errorf("%+v", got)
	}
	if got := look(dir, []int{cmd.Process.Pid, os.Getpid()}); len(got.locks) != 2 {
		t.Errorf("of a process of the program: %+v", got)
	}
}

// fake is a supervisor whose generations have the processes of the tree.
type fake struct {
	mu      sync.Mutex // guards what follows
	status  report.Status
	changed chan struct{}
	tree    []int
	looks   int
}

func newFake(tree ...int) *fake { return &fake{changed: make(chan struct{}), tree: tree} }

func (f *fake) Status() report.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status
}

func (f *fake) Changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}

func (f *fake) Tree() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks++
	return f.tree
}

func (f *fake) looked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.looks
}

// serves makes a generation the serving one, and newest the newest. tree are the processes.
func (f *fake) serves(gen, newest supervisor.GenID, tree ...int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status, f.tree = report.Status{Generation: gen, Lives: []report.Life{{Gen: newest}}}, tree
	close(f.changed)
	f.changed = make(chan struct{})
}

func TestFind(t *testing.T) {
	dir := folder(t, "pgdata")
	locked, writes, idle := startHolder(t), startHolder(t), startHolder(t)
	locked.do("posix " + dir + "/a.db")
	writes.do("write " + dir + "/pgdata/base/5/1259")
	idle.do("write " + dir + "/app.log")
	find := func(t *testing.T, f *fake) <-chan Holding {
		found := make(chan Holding, 1)
		ctx, cancel := context.WithCancel(t.Context())
		t.Cleanup(func() { cancel(); synctest.Wait() })
		go func() {
			if h, ok := Find(ctx, dir, f); ok {
				found <- h
			}
			close(found)
		}()
		synctest.Wait()
		return found
	}
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		found := find(t, f)
		if f.looked() > 0 {
			t.Error("looked before a generation served")
		}
		f.serves(1, 1, writes.pid)
		if h := <-found; h != (Holding{dir + "/pgdata", true}) || f.looked() != 1 {
			t.Errorf("a database: %+v, after %d looks", h, f.looked())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		found := find(t, f)
		began := time.Now()
		f.serves(1, 1, locked.pid)
		if h := <-found; h != (Holding{dir + "/a.db", false}) || f.looked() != enough || time.Since(began) != (enough-1)*soon {
			t.Errorf("a lock: %+v, after %d looks and %v", h, f.looked(), time.Since(began))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		found := find(t, f)
		f.serves(1, 1, idle.pid)
		time.Sleep(time.Minute)
		before := f.looked()
		if most := enough + int(time.Minute/later); before < enough || before > most {
			t.Errorf("%d looks in a minute", before)
		}
		for range 10 { // steps of the loop that change nothing here
			f.serves(1, 1, idle.pid)
			synctest.Wait()
		}
		if f.looked() != before {
			t.Error("a look at each step of the loop")
		}
		f.serves(1, 2, idle.pid) // a batch: generation 2 starts
		synctest.Wait()
		if f.looked() != before+1 {
			t.Errorf("%d looks with the batch", f.looked()-before)
		}
		f.serves(2, 2, writes.pid)
		if h := <-found; !h.Database {
			t.Errorf("%+v", h)
		}
	})
}
