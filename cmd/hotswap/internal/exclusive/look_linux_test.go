package exclusive

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"golang.org/x/sys/unix"
)

// hold opens a file, and locks it, as how says: write, read, flock, posix, shared or ofd. release closes
// the file.
func hold(t *testing.T, how, path string) (release func()) {
	t.Helper()
	flag := os.O_RDWR | os.O_CREATE
	if how == "read" {
		flag = os.O_RDONLY
	}
	f, err := os.OpenFile(path, flag, 0o644)
	if err == nil {
		l := unix.Flock_t{Type: unix.F_WRLCK, Start: 10, Len: 5}
		switch how {
		case "flock":
			err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		case "posix":
			err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, &l)
		case "shared":
			l.Type = unix.F_RDLCK
			err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, &l)
		case "ofd":
			err = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &l)
		}
	}
	testkit.NoError(t, err)
	release = func() { _ = f.Close() }
	t.Cleanup(release)
	return release
}

// folder returns a folder without symbolic links, with a PostgreSQL folder for each name.
func folder(t *testing.T, databases ...string) string {
	t.Helper()
	dir := testkit.Must(filepath.EvalSymlinks(t.TempDir()))(t)
	for _, d := range databases {
		for _, sub := range []string{"", "base/5"} {
			at := filepath.Join(dir, d, sub)
			testkit.NoError(t, os.MkdirAll(at, 0o755))
			testkit.NoError(t, os.WriteFile(filepath.Join(at, "PG_VERSION"), []byte("17\n"), 0o644))
		}
	}
	return dir
}

func TestLook(t *testing.T) {
	dir, elsewhere := folder(t, "pgdata"), folder(t, "pgdata")
	for name, c := range map[string]struct {
		how, path string
		database  string
		lock      string
	}{
		"a table": {how: "write", path: dir + "/pgdata/base/5/1259", database: dir + "/pgdata"},
		"a table outside the project": {how: "write", path: elsewhere + "/pgdata/base/5/1259", database: elsewhere +
			"/pgdata"},
		"a table that is read":         {how: "read", path: dir + "/pgdata/base/5/PG_VERSION"},
		"a file beside the database":   {how: "write", path: dir + "/app.log"},
		"flock":                        {how: "flock", path: dir + "/a.lock", lock: dir + "/a.lock"},
		"fcntl":                        {how: "posix", path: dir + "/a.db", lock: dir + "/a.db"},
		"fcntl of a descriptor":        {how: "ofd", path: dir + "/b.db", lock: dir + "/b.db"},
		"a shared lock":                {how: "shared", path: dir + "/a.db-shm"},
		"a lock outside the project":   {how: "flock", path: elsewhere + "/a.lock", lock: elsewhere + "/a.lock"},
		"a lock on what is not a file": {how: "flock", path: "/dev/null"},
	} {
		t.Run(name, func(t *testing.T) {
			defer hold(t, c.how, c.path)()
			got := readFacts([]int{os.Getpid()})
			want := slices.DeleteFunc([]string{c.database}, func(s string) bool { return s == "" })
			if !slices.Equal(got.databases, want) {
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
	hold(t, "flock", dir+"/a.lock")
	hold(t, "write", dir+"/pgdata/base/5/1259")
	if got := readFacts([]int{os.Getppid(), 1 << 30}); len(got.databases)+len(got.locks) > 0 {
		t.Errorf("of another process: %+v", got)
	}
	for _, name := range []string{"a.lock", "pgdata/base/5/1259"} {
		testkit.NoError(t, os.Rename(filepath.Join(dir, name), filepath.Join(dir, "old")))
		testkit.NoError(t, os.Remove(filepath.Join(dir, "old")))
		testkit.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o644))
	}
	if got := readFacts([]int{os.Getpid()}); len(got.databases)+len(got.locks) > 0 {
		t.Errorf("removed, with others of these names: %+v", got)
	}
}

// A lock that came with a descriptor of hotswap's own start says nothing about the program.
func TestLockOfAnother(t *testing.T) {
	dir := folder(t)
	f := testkit.Must(os.Create(filepath.Join(dir, "a.lock")))(t)
	defer f.Close()
	testkit.NoError(t, unix.Flock(int(f.Fd()), unix.LOCK_EX))
	cmd := exec.Command("cat")
	cmd.ExtraFiles = []*os.File{f}
	if _, err := cmd.StdinPipe(); err != nil { // it ends with its input
		t.Fatal(err)
	}
	testkit.NoError(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if got := readFacts([]int{cmd.Process.Pid}); len(got.locks) > 0 {
		t.Errorf("%+v", got)
	}
	if got := readFacts([]int{cmd.Process.Pid, os.Getpid()}); len(got.locks) != 2 {
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
	st := f.status
	st.Changed = f.changed
	return st
}

func (f *fake) Tree(supervisor.GenID) []int {
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

// serves makes a generation the serving one, and newest the newest, which fails if it has last words.
func (f *fake) serves(gen, newest supervisor.GenID, process int, words ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status, f.tree = report.Status{Generation: gen, Lives: []report.Life{{Gen: newest}}}, []int{process}
	if len(words) > 0 {
		f.status.Failure = &report.FailureStatus{Generation: newest, PostMortem: report.PostMortem{Last: words}}
	}
	close(f.changed)
	f.changed = make(chan struct{})
}

func TestFind(t *testing.T) {
	dir := folder(t, "pgdata")
	self := os.Getpid()
	var refused Refusals
	addresses := false
	find := func(t *testing.T, f *fake) <-chan Resource {
		refused = NewRefusals()
		found := make(chan Resource, 1)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		t.Cleanup(func() { cancel(); synctest.Wait() })
		go func() {
			if h := Find(ctx, dir, f, refused, addresses); h.Kind != Nothing {
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
		defer hold(t, "write", dir+"/pgdata/base/5/1259")()
		f.serves(1, 1, self)
		if h := <-found; h != (Resource{Kind: Database, Name: dir + "/pgdata"}) || f.looked() != 1 {
			t.Errorf("a database: %+v, after %d looks", h, f.looked())
		}
	})
	for words, refused := range map[string]supervisor.GenID{"": 0, "IndentationError: expected an indented block": 0,
		"cannot open a.db": 2, "IO error: Lock: unavailable": 2} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			found := find(t, f)
			defer hold(t, "posix", dir+"/a.db")()
			began := time.Now()
			f.serves(1, 2, self, words)
			if h := <-found; h != (Resource{Kind: Lock, Name: dir + "/a.db", Refused: int(refused)}) ||
				f.looked() != enough || time.Since(began) != (enough-1)*soon {
				t.Errorf("a lock, and %q: %+v, after %d looks and %v", words, h, f.looked(), time.Since(began))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		found := find(t, f)
		f.serves(1, 1, self)
		time.Sleep(later)
		if n := f.looked(); n < 3 || n > 4 {
			t.Errorf("%d looks in the first seconds", n) // each reads the table of each process
		}
		time.Sleep(time.Minute)
		before := f.looked()
		if least := int(time.Minute / later); before < least || before > least+8 {
			t.Errorf("%d looks in a minute", before)
		}
		for range 10 { // steps of the loop that change nothing here
			f.serves(1, 1, self)
			synctest.Wait()
		}
		if f.looked() != before {
			t.Error("a look at each step of the loop")
		}
		f.serves(1, 2, self) // a batch: generation 2 starts
		synctest.Wait()
		if f.looked() != before+1 {
			t.Errorf("%d looks with the batch", f.looked()-before)
		}
		defer hold(t, "write", dir+"/pgdata/base/5/1259")()
		f.serves(2, 2, self)
		if h := <-found; h.Kind != Database {
			t.Errorf("%+v", h)
		}
	})
	// Where addresses do not count, none is in the way of what else is refused.
	for line, want := range map[string]Resource{
		"1\n{\"msg\":\"replication slot \\\"d\\\" is active for PID 7\"}\n2": {Slot,
			"d", false, 2},
		"Protocol 'inet_tcp': the name a@b seems to be in use by another Erlang node": {Node,
			"a@b", false, 2},
		"409: Conflict: terminated by other getUpdates request; make sure that only one bot instance is running": {Words, "only one bot instance is running", false, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			found := find(t, f)
			f.serves(1, 1, self)
			refused.Read(1, []byte("replication slot \"a\" is active for PID 7\n")) // by another program
			synctest.Wait()
			refused.Read(0, []byte("replication slot \"b\" is active for PID 7\n")) // a step
			f.mu.Lock()
			f.status.Generations = []report.GenerationStatus{{ID: 1}, {ID: 2}}
			f.mu.Unlock()
			refused.Read(2,
				[]byte(
					"1\nerror: replication slot \"c\" is not active for PID 7, listen EADDRINUSE\n\"GET / HTTP/1.1\" 200 \"replication slot \"e\" is active for PID 7\"\n"))
			refused.Read(2, []byte(line+"\n"))
			if h := <-found; h != want {
				t.Errorf("%+v", h)
			}
		})
	}
	// A write that SQLite has refused counts if the generation then fails beside the one that serves.
	for _, line := range []string{"Error: SQLITE_BUSY", "OperationalError: database is locked",
		"configured timeout — see https://pris.ly/d/sqlite-connector"} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			found := find(t, f)
			refused.Read(1, []byte(line+"\n"))
			// nothing, and a generation 1 beside which other words are said
			for _, serves := range []supervisor.GenID{0, 1} {
				f.serves(serves, serves+1, self, "any words")
				synctest.Wait()
			}
			refused.Read(3, []byte(line+"\n"))
			refused.Read(1, []byte(line+"\n"))
			f.serves(1, 3, self)
			synctest.Wait()
			if len(found) > 0 {
				t.Fatal("found, though it may try again")
			}
			f.serves(1, 3, self, "any words")
			if h := <-found; h != (Resource{Kind: Words, Name: "database is locked", Refused: 3}) {
				t.Errorf("%+v", h)
			}
		})
	}
	// An address may be refused where generations do not share addresses, and nowhere else.
	for _, addresses = range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			f.status.Generations = []report.GenerationStatus{{ID: 1}, {ID: 2}}
			found := find(t, f)
			refused.Read(2, []byte("Error: listen EADDRINUSE: address already in use :::4000\n"))
			synctest.Wait()
			if (len(found) == 1) != addresses || addresses && <-found != (Resource{Kind: Address, Refused: 2}) {
				t.Errorf("addresses %v: %d found", addresses, len(found))
			}
		})
	}
}
