package intercept

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// helperWriter writes files in the ways that it is told, each from the folder
// that it is started in.
func helperWriter(args []string) {
	must(os.Chdir(args[0]))
	must(os.WriteFile("other", nil, 0o644)) // not that of the test
	var held *os.File
	var server net.Listener
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		how, path, _ := strings.Cut(in.Text(), " ")
		switch how {
		case "write", "fail":
			err := os.WriteFile(path, []byte(how), 0o644)
			if how == "write" {
				must(err)
			}
		case "fresh", "update": // a call that fails
			_, err := os.OpenFile(path, map[string]int{"fresh": os.O_WRONLY | os.O_CREATE | os.O_EXCL, "update": os.O_WRONLY}[how], 0o644)
			if err == nil {
				panic("it does not fail")
			}
		case "append":
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			must(err)
			must(f.Close())
		case "hold":
			var err error
			held, err = os.OpenFile(path, os.O_RDWR, 0)
			must(err)
		case "let-go":
			must(held.Close())
		case "read":
			_, err := os.ReadFile(path)
			must(err)
		case "rename":
			must(os.Rename("other", path))
		case "remove":
			must(os.Remove(path))
		case "truncate":
			must(os.Truncate(path, 1))
		case "link":
			must(os.Link("pointed", path))
		case "symlink":
			must(os.Symlink("other", path))
		case "away":
			must(os.Rename(path, "elsewhere"))
		case "at":
			dir, err := os.Open(filepath.Dir(path))
			must(err)
			fd, err := unix.Openat(int(dir.Fd()), filepath.Base(path), unix.O_RDWR|unix.O_CREAT, 0o644)
			must(err)
			must(unix.Close(fd))
			must(dir.Close())
		case "serve":
			l, err := net.Listen("tcp4", path)
			must(err)
			server = l
		case "quit":
			must(server.Close())
			must(os.WriteFile(path, nil, 0o644))
		case "below":
			must(exec.Command("sh", "-c", `echo >"$0"`, path).Run())
		case "beside": // the parent of the process that writes has ended
			waits, goes, err := os.Pipe()
			must(err)
			ended, ends, err := os.Pipe()
			must(err)
			cmd := exec.Command("sh", "-c", `{ read x; echo >"$0"; } <&3 &`, path)
			cmd.ExtraFiles, cmd.Stdout = []*os.File{waits}, ends
			must(cmd.Run())
			goes.Close()
			ends.Close()
			_, err = io.ReadAll(ended)
			must(err)
		case "how":
			fd, err := unix.Openat2(unix.AT_FDCWD, path, &unix.OpenHow{Flags: unix.O_WRONLY | unix.O_CREAT, Mode: 0o644})
			must(err)
			must(unix.Close(fd))
		}
		say("ok")
	}
}

// What a program writes is known before it is written, whatever the call and the way to the folder; what others write, or
// it reads, is not its own.
func TestWritesAreKnown(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	writes := w.transport.Writes(dir)
	wrote := func(path string, at time.Time) bool {
		o := writes.Opened(path, at, false)
		return !o.At.IsZero() && !o.Build && !o.Others
	}
	link := filepath.Join(t.TempDir(), "link")
	testkit.NoError(t, os.Symlink(dir, link))
	file := filepath.Join(dir, "file")
	g := w.start("writer", dir)
	for _, order := range []string{"write " + file, "write file", "write ../" + filepath.Base(dir) + "/file", "write " + link + "/file", "rename file", "at " + file, "how file"} {
		g.ok(order)
		now := time.Now()
		if !wrote(file, now) {
			t.Errorf("not known: %s", order)
		}
		if wrote(file, now) {
			t.Errorf("known twice: %s", order)
		}
	}
	real, pointer := filepath.Join(dir, "real"), filepath.Join(dir, "pointer")
	testkit.NoError(t, os.WriteFile(real, nil, 0o644), os.WriteFile(filepath.Join(dir, "pointed"), nil, 0o644), os.Symlink("real", pointer))
	wrote(real, time.Now()) // by the test
	g.ok("write pointer")
	if !wrote(real, time.Now()) {
		t.Error("not known: through a symbolic link")
	}
	for _, order := range []string{"truncate file", "away file", "link file", "remove file", "symlink file", "remove file"} {
		g.ok(order)
		if !wrote(file, time.Now()) {
			t.Errorf("not known: %s", order)
		}
	}
	g.ok("write file")
	wrote(file, time.Now())
	g.ok("read file", "fail "+dir+"/none/file")
	if wrote(file, time.Now()) || wrote(filepath.Join(dir, "none"), time.Now()) {
		t.Error("what it reads counts as written")
	}
	g.ok("write file")
	if wrote(file, time.Now().Add(-time.Minute)) {
		t.Error("it had changed before")
	}
	wrote(file, time.Now())

	// What a process writes that is neither a server nor below one is the program's until the program is ready.
	for _, order := range []string{"beside", "below"} {
		if g.ok(order + " " + file); !wrote(file, time.Now()) {
			t.Errorf("not known before the program is ready: %s", order)
		}
	}
	e := endpoint(t, "127.0.0.1", false)
	g.ok("serve " + e.Addr.String())
	g.heard(handoff.Listening{Gen: g.id, Endpoint: e})
	w.cutover(g.id)
	for order, own := range map[string]bool{"write": true, "below": false, "beside": false} {
		if g.ok(order + " " + file); wrote(file, time.Now()) != own {
			t.Errorf("when the program serves: %s: the program's: %v, want %v", order, !own, own)
		}
	}
	if g.ok("quit " + file); !wrote(file, time.Now()) {
		t.Error("not known: what a server writes that has closed its socket")
	}

	// An editor saves what the program writes, in place or by another file.
	other := filepath.Join(dir, "other-of-the-editor")
	for name, save := range map[string]func(){
		"in place":     func() { testkit.NoError(t, os.WriteFile(file, []byte("saved"), 0o644)) },
		"by a rename":  func() { testkit.NoError(t, os.WriteFile(other, nil, 0o644), os.Rename(other, file)) },
		"and it again": func() { testkit.NoError(t, os.WriteFile(file, nil, 0o644)); g.ok("write file") },
	} {
		g.ok("write file", "write file")
		save()
		if o := writes.Opened(file, time.Now(), false); !o.Others {
			t.Errorf("a save %s counts as the program's", name)
		}
		g.ok("write file")
		if !wrote(file, time.Now()) {
			t.Errorf("after a save %s the program's write counts as another's", name)
		}
	}

	// A file that stays open is the program's for as long as it likes; a save of it is not.
	g.ok("hold file")
	for range 2 {
		if o := writes.Opened(file, time.Now(), true); o.At.IsZero() || o.Others {
			t.Errorf("a file that stays open: %+v", o)
		}
	}
	testkit.NoError(t, os.WriteFile(file, []byte("saved"), 0o644))
	if o := writes.Opened(file, time.Now(), true); !o.Others {
		t.Error("a save of a file that stays open counts as the program's")
	}
	testkit.NoError(t, os.WriteFile(other, nil, 0o644), os.Rename(other, file))
	if o := writes.Opened(file, time.Now(), false); !o.Others {
		t.Error("a file put in the place of one that stays open counts as the program's")
	}
	g.ok("let-go file", "write file")
	wrote(file, time.Now())

	// Calls that fail are no writes.
	missing := filepath.Join(dir, "missing")
	g.ok("fresh file", "update missing")
	testkit.NoError(t, os.WriteFile(file, []byte("saved again"), 0o644), os.WriteFile(missing, nil, 0o644))
	if wrote(file, time.Now()) || wrote(missing, time.Now()) {
		t.Error("a save counts as the program's, which has failed to open the file")
	}

	g.ok("hold file")
	wrote(file, time.Now())
	g.ok("let-go file")
	if !wrote(file, time.Now()) {
		t.Error("not known: a write that was under way when somebody asked")
	}

	// The kernel drops reports: then nobody knows.
	g.ok("write file")
	limit, _ := strconv.Atoi(strings.TrimSpace(string(testkit.Must(os.ReadFile("/proc/sys/fs/inotify/max_queued_events"))(t))))
	for i := range limit + 1 { // two names in turn, because the kernel merges equal reports
		testkit.NoError(t, os.WriteFile(other+strconv.Itoa(i%2), nil, 0o644))
	}
	if wrote(file, time.Now()) {
		t.Error("the program's, although reports are lost")
	}
}

// What generations do with files of the project is passed on while that is wanted; reads only of the files that are named,
// and of generations that start afterwards. What tools hide, and a file that is new, is not.
func TestAccessesArePassedOn(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	var build, server handoff.Launch // without --watch, and before a build is suspected, nothing waits for hotswap
	testkit.Must(w.transport.Builds().Prepare(&build))(t)
	testkit.Must(w.transport.Prepare(&server))(t)
	if sockets := testkit.Must(Filter(runtime.GOARCH, Sockets))(t); build.Filter != nil || len(server.Filter) != len(sockets) {
		t.Error("writes are notified of that nobody wants")
	}
	writes := w.transport.Writes(dir)
	all := writes.Accesses()
	for _, in := range []string{"node_modules", "a/__pycache__", ".cache"} {
		testkit.NoError(t, os.MkdirAll(filepath.Join(dir, in), 0o755), os.WriteFile(filepath.Join(dir, in, "file"), nil, 0o644))
	}
	testkit.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	saw := func(want ...handoff.AccessKind) {
		t.Helper()
		for _, kind := range append(want, 99) {
			a := handoff.Access{Kind: 99} // none
			if len(all) > 0 {
				a = <-all
			}
			if a.Kind != kind || kind != 99 && (a.Path != filepath.Join(dir, "file") || a.Gen != w.last) {
				t.Errorf("%+v, want %d", a, kind)
			}
		}
	}
	g := w.start("writer", dir)
	g.ok("append file", "write file", "truncate file", "read file", "rename file", "write node_modules/file", "write a/__pycache__/file", "write .cache/file", "write new", "remove new")
	saw(handoff.Appends, handoff.Empties, handoff.Empties, handoff.Replaces)
	g.end()
	writes.Read(map[string]bool{"file": true})
	g = w.start("writer", dir)
	g.ok("read file", "write another", "read another", "read "+dir+"/file")
	saw(handoff.Reads, handoff.Reads)
	for range 2 * manyAccesses { // nobody reads them
		writes.access(handoff.Access{Path: filepath.Join(dir, "file")})
	}
	writes.Read(nil)
	if writes.access(handoff.Access{Path: filepath.Join(dir, "file")}); len(all) != manyAccesses {
		t.Errorf("%d accesses wait", len(all))
	}
}

// An editor's new file may get the number of a file that the program has just removed.
func TestANumberUsedAgainIsAnotherFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "saved")
	testkit.NoError(t, os.WriteFile(path, nil, 0o644))
	places, _ := placesOf(filepath.Dir(path), "saved")
	if len(places) != 2 {
		t.Fatalf("the file system does not tell when a file was made: %+v", places)
	}
	removed := places[1]
	removed.born-- // of another file
	var w Writes
	w.note(time.Now(), false, count{writes: 1}, "", removed)
	if o := w.Opened(path, time.Now(), false); !o.At.IsZero() {
		t.Error("the save counts as the program's")
	}
	w.note(time.Now(), false, count{writes: 1}, "", places[1])
	if o := w.Opened(path, time.Now(), false); o.At.IsZero() {
		t.Error("the program's own file is not known")
	}
}
