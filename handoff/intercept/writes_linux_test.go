package intercept

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// helperWriter writes files in the ways that it is told, each from the folder
// that it is started in.
func helperWriter(args []string) {
	must(os.Chdir(args[0]))
	must(os.WriteFile("other", nil, 0o644)) // not that of the test
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		how, path, _ := strings.Cut(in.Text(), " ")
		switch how {
		case "write", "fail":
			err := os.WriteFile(path, []byte(how), 0o644)
			if how == "write" {
				must(err)
			}
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
		case "how":
			fd, err := unix.Openat2(unix.AT_FDCWD, path, &unix.OpenHow{Flags: unix.O_WRONLY | unix.O_CREAT, Mode: 0o644})
			must(err)
			must(unix.Close(fd))
		}
		say("ok")
	}
}

// What a watched program writes is known before it is written, whatever the call
// and the way to the folder; what others write, or it reads, is not its own.
func TestWritesAreKnown(t *testing.T) {
	w, dir := newWorld(t), t.TempDir()
	writes := w.transport.Writes()
	wrote := func(path string, at time.Time) bool {
		opened, build := writes.Opened(path, at)
		return !opened.IsZero() && !build
	}
	link := filepath.Join(t.TempDir(), "link")
	testkit.NoError(t, os.Symlink(dir, link))
	first := w.start("writer", dir)
	file := filepath.Join(dir, "file")
	first.ok("write " + file)
	if writes.Watched(false, 1) || wrote(file, time.Now()) {
		t.Error("something is known of a program that nobody suspects")
	}
	first.end()
	writes.Watch(true)
	g := w.start("writer", dir)
	for _, order := range []string{"write " + file, "write file", "write ../" + filepath.Base(dir) + "/file", "write " + link + "/file", "rename file", "at " + file, "how file"} {
		g.ok(order)
		if !writes.Watched(false, 2) {
			t.Fatal("it is not watched")
		}
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
}

// An editor's new file may get the number of a file that the program has just removed.
func TestANumberUsedAgainIsAnotherFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "saved")
	testkit.NoError(t, os.WriteFile(path, nil, 0o644))
	places := placesOf(filepath.Dir(path), "saved")
	if len(places) != 2 {
		t.Fatalf("the file system does not tell when a file was made: %+v", places)
	}
	removed := places[1]
	removed.born-- // of another file
	var w Writes
	w.note(time.Now(), false, removed)
	if at, _ := w.Opened(path, time.Now()); !at.IsZero() {
		t.Error("the save counts as the program's")
	}
	w.note(time.Now(), false, places[1])
	if at, _ := w.Opened(path, time.Now()); at.IsZero() {
		t.Error("the program's own file is not known")
	}
}

// It serves, as any other does.
func TestAWatchedProgramListens(t *testing.T) {
	w, e := newWorld(t), endpoint(t, "127.0.0.1", false)
	w.transport.Writes().Watch(true)
	g := w.start("sockets")
	g.listen("a", e)
}
