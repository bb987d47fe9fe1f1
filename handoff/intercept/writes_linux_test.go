package intercept

import (
	"bufio"
	"fmt"
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
	"github.com/hotswap-dev/hotswap/handoff/seccomp"
	"github.com/hotswap-dev/hotswap/handoff/writes"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// helperWriter writes files in the ways that it is told, each from the folder
// that it is started in.
func helperWriter(args []string) {
	must(os.Chdir(args[0]))
	must(os.WriteFile("other", nil, 0o644)) // not that of the test
	var held []*os.File
	var server net.Listener
	var compiler *exec.Cmd
	var orders io.Writer
	var done *bufio.Reader
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		how, path, _ := strings.Cut(in.Text(), " ")
		switch how {
		case "write", "fail":
			err := os.WriteFile(path, []byte(how), 0o644)
			if how == "write" {
				must(err)
			}
		case "fresh", "update": // a call that fails
			_, err := os.OpenFile(path, map[string]int{"fresh": os.O_WRONLY | os.O_CREATE | os.O_EXCL,
				"update": os.O_WRONLY}[how], 0o644)
			if err == nil {
				panic("it does not fail")
			}
		case "append":
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			must(err)
			must(f.Close())
		case "hold":
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			must(err)
			held = append(held, f)
		case "held":
			_, err := held[len(held)-1].WriteAt([]byte(strconv.FormatInt(time.Now().UnixNano(), 10)), 0)
			must(err)
		case "self": // by the name that it has in /proc
			f, err := os.Open(path)
			must(err)
			must(os.WriteFile(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), []byte(how), 0o644))
			must(f.Close())
		case "early": // a compiler that begins before its parent serves
			var err error
			compiler = exec.Command("sh", "-c", `while read f; do echo >"$f"; echo; done`)
			orders, err = compiler.StdinPipe()
			must(err)
			out, err := compiler.StdoutPipe()
			must(err)
			must(compiler.Start())
			done = bufio.NewReader(out)
		case "compiler":
			fmt.Fprintln(orders, path)
			_, err := done.ReadString('\n')
			must(err)
		case "let-go":
			must(held[len(held)-1].Close())
			held = held[:len(held)-1]
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
			fd, err := unix.Openat2(unix.AT_FDCWD, path, &unix.OpenHow{Flags: unix.O_WRONLY | unix.O_CREAT,
				Mode: 0o644})
			must(err)
			must(unix.Close(fd))
		}
		say("ok")
	}
}

// What a program writes is known before it is written, whatever the call and the way to the folder; what others write,
// or it reads, is not its own.
func TestWritesAreKnown(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	own := os.Getpid()
	all := writes.New(dir, func() []int { return proc.Descendants(own) })
	w.transport.Writes = all
	wrote := func(path string) bool { return all.Author(path) == handoff.TheProgram }
	link := filepath.Join(t.TempDir(), "link")
	testkit.NoError(t, os.Symlink(dir, link))
	file := filepath.Join(dir, "file")
	g := w.start("writer", dir)
	check := func(order string, own bool) {
		t.Helper()
		g.ok(order)
		if wrote(file) != own {
			t.Errorf("%s: the program's: %v, want %v", order, !own, own)
		}
	}
	for _, order := range []string{"write " + file, "write file", "write ../" + filepath.Base(dir) + "/file", "write " +
		link + "/file", "rename file", "at " + file, "how file", "self file"} {
		check(order, true)
	}
	real, pointer := filepath.Join(dir, "real"), filepath.Join(dir, "pointer")
	testkit.NoError(t, os.WriteFile(real, nil, 0o644), os.WriteFile(filepath.Join(dir, "pointed"), nil, 0o644),
		os.Symlink("real", pointer))
	g.ok("write pointer")
	if wrote(pointer) {
		t.Error("the test's own save counts as the program's, because the program has written the file after it")
	}
	g.ok("write pointer")
	if !wrote(real) || !wrote(pointer) {
		t.Error("not known: through a symbolic link")
	}
	for _, order := range []string{"away file", "link file", "remove file", "symlink file", "remove file", "write file",
		"read file", "fail " + dir + "/none/file"} {
		check(order, true)
	}
	if wrote(filepath.Join(dir, "none")) {
		t.Error("what is not there is the program's")
	}

	// What any process writes is the program's until the program is ready, and what those write that the server has
	// started.
	check("beside "+file, true)
	check("below "+file, true)
	e := endpoint(t, "127.0.0.1", false)
	g.ok("early")
	g.ok("serve " + e.Addr.String())
	g.heard(handoff.Listening{Gen: g.id, Endpoint: e})
	w.cutover(g.id)
	time.Sleep(20 * time.Millisecond) // a process that begins in the tick of the listener is in doubt
	for order, own := range map[string]bool{"write": true, "below": true, "beside": false, "compiler": false} {
		check(order+" "+file, own)
	}
	check("quit "+file, true) // a server that has closed its socket

	// An editor saves what the program writes, in place or by another file, before or after or meanwhile.
	other := filepath.Join(dir, "other-of-the-editor")
	save := func() { testkit.NoError(t, os.WriteFile(file, []byte("saved"), 0o644)) }
	replace := func() { testkit.NoError(t, os.WriteFile(other, nil, 0o644), os.Rename(other, file)) }
	for name, save := range map[string]func(){
		"in place": save, "by a rename": replace, "and it again": func() { save(); g.ok("write file") },
		"of what the program only opens": func() { g.ok("append file", "append file"); save(); g.ok("append file") },
		"of what the program removes":    func() { save(); g.ok("remove file") },
		"behind calls that fail":         func() { g.ok("fresh file"); save() },
	} {
		g.ok("write file", "write file")
		save()
		if wrote(file) {
			t.Errorf("a save %s counts as the program's", name)
		}
		check("write file", true)
	}

	// A file that stays open is the program's for as long as nobody closes it.
	check("hold file", true)
	check("held", true)
	save()
	if wrote(file) {
		t.Error("a save of a file that stays open counts as the program's")
	}
	check("held", true)
	editor := testkit.Must(os.OpenFile(file, os.O_WRONLY, 0))(t) // of a slow disk, which closes the file later
	testkit.Must(editor.WriteString("saved late"))(t)
	if wrote(file) {
		t.Error("a save that is not closed yet counts as the program's")
	}
	testkit.NoError(t, editor.Close())
	if wrote(file) {
		t.Error("its closing counts as the program's")
	}
	replace()
	if wrote(file) {
		t.Error("a file put in the place of one that stays open counts as the program's")
	}
	check("hold file", true) // the new one, too
	save()
	if wrote(file) {
		t.Error("a save counts as the closing of the file that was replaced")
	}
	g.ok("let-go file")
	check("write file", true)
	g.ok("let-go file", "write file")
	wrote(file) // the closing of the file that was replaced has no name of its own
	check("write file", true)

	// What the program has failed to open is a person's.
	missing := filepath.Join(dir, "missing")
	g.ok("update missing")
	testkit.NoError(t, os.WriteFile(missing, nil, 0o644))
	if wrote(missing) {
		t.Error("a save counts as the program's, which has failed to open the file")
	}

	// The kernel drops reports, or another folder has the name: then nobody knows.
	g.ok("write file")
	limit := 0
	_, _ = fmt.Sscan(string(testkit.Must(os.ReadFile("/proc/sys/fs/inotify/max_queued_events"))(t)), &limit)
	for i := range limit + 1 { // two names in turn, because the kernel merges equal reports
		testkit.NoError(t, os.WriteFile(other+strconv.Itoa(i%2), nil, 0o644))
	}
	if wrote(file) {
		t.Error("the program's, although reports are lost")
	}
	sub := filepath.Join(dir, "sub")
	testkit.NoError(t, os.Mkdir(sub, 0o755))
	g.ok("write sub/file")
	testkit.NoError(t, os.Rename(sub, sub+"2"), os.Mkdir(sub, 0o755), os.WriteFile(filepath.Join(sub, "file"), nil,
		0o644))
	if wrote(filepath.Join(sub, "file")) {
		t.Error("the program's, although another folder has the name")
	}
}

// A call whose program is killed while it waits is not carried out, and so hides nobody's save.
func TestACallOfAProgramThatIsKilled(t *testing.T) {
	w, file := newWorld(t), filepath.Join(t.TempDir(), "file")
	all := writes.New(filepath.Dir(file), func() []int { return nil })
	w.transport.Writes = all
	g := w.prepare("writer", filepath.Dir(file))
	call := testkit.Must(seccomp.Listener(testkit.Must(g.Listener())(t)).Receive())(t)
	g.end()
	all.Note(int(call.TID), handoff.TheProgram, []string{file}, call.Continue)
	testkit.NoError(t, os.WriteFile(file, nil, 0o644))
	if all.Author(file) != handoff.Others {
		t.Error("a save counts as the program's, whose call was not carried out")
	}
}

// What generations do with files of the project is passed on while that is wanted; reads only of the files that are
// named, and of generations that start afterwards. What tools hide, and a file that is new, is not.
func TestAccessesArePassedOn(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	var build, server handoff.Launch // without --watch, and before a build is suspected, nothing waits for hotswap
	testkit.Must(w.transport.Builds().Prepare(&build))(t)
	testkit.Must(w.transport.Prepare(&server))(t)
	if sockets := testkit.Must(Filter(runtime.GOARCH, Sockets))(t); build.Filter != nil ||
		len(server.Filter) != len(sockets) {
		t.Error("writes are notified of that nobody wants")
	}
	noted := writes.New(dir, func() []int { return nil })
	w.transport.Writes = noted
	all := noted.Accesses()
	for _, in := range []string{"node_modules", "a/__pycache__", ".cache"} {
		testkit.NoError(t, os.MkdirAll(filepath.Join(dir, in), 0o755), os.WriteFile(filepath.Join(dir, in, "file"), nil,
			0o644))
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
	g.ok("append file", "write file", "truncate file", "read file", "rename file", "write node_modules/file",
		"write a/__pycache__/file", "write .cache/file", "write new", "remove new")
	saw(handoff.Appends, handoff.Empties, handoff.Empties, handoff.Replaces)
	g.end()
	noted.Read(map[string]bool{"file": true})
	g = w.start("writer", dir)
	g.ok("read file", "write another", "read another", "read "+dir+"/file")
	saw(handoff.Reads, handoff.Reads)
	for range 2 * 1000 { // nobody reads them
		noted.Access(handoff.Access{Path: filepath.Join(dir, "file")})
	}
	noted.Read(nil)
	noted.Access(handoff.Access{Path: filepath.Join(dir, "file")})
	if len(all) != 1000 {
		t.Errorf("%d accesses wait", len(all))
	}
}
