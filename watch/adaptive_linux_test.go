package watch

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The kernel refuses a read lease as long as anybody has the file open for writing, or has
// it mapped so (fcntl(2), F_SETLEASE).
func TestClosedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ts")
	is := func(want bool, when string) {
		t.Helper()
		if got := (osFiles{}).Closed(path); got != want {
			t.Errorf("%s: closed %v", when, got)
		}
	}
	is(false, "not there")
	write(t, "", path)
	is(false, "empty")
	write(t, "text", path)
	is(true, "written")
	f, err := os.Open(path)
	must(t, err)
	is(true, "open for reading")
	f.Close()
	f, err = os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	must(t, err)
	is(false, "open for writing")
	mem, err := unix.Mmap(int(f.Fd()), 0, 4, unix.PROT_WRITE, unix.MAP_SHARED)
	must(t, err)
	f.Close()
	is(false, "mapped")
	must(t, unix.Munmap(mem))
	is(true, "unmapped")
	sleeper := exec.Command("sh", "-c", "exec 3>>"+path+"; echo ready; read line || true")
	in, err := sleeper.StdinPipe()
	must(t, err)
	out, err := sleeper.StdoutPipe()
	must(t, err)
	must(t, sleeper.Start())
	_, err = out.Read(make([]byte, 16))
	must(t, err)
	is(false, "open for writing elsewhere")
	in.Close()
	must(t, sleeper.Wait())
	is(true, "closed elsewhere")
	must(t, os.Remove(path))
	must(t, unix.Mkfifo(path, 0o600))
	is(false, "a FIFO")
}

// The signal of a lease that a writer breaks is not the one that ends a process.
func TestClosedFileSignalsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ts")
	write(t, "text", path)
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGIO)
	defer signal.Stop(got)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if f, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
				f.Close()
			}
		}
	}()
	for range 20000 {
		osFiles{}.Closed(path)
	}
	close(stop)
	<-ended
	select {
	case s := <-got:
		t.Errorf("signal %v", s)
	default:
	}
}

// adapting is the quiet time that people have.
func adapting(c *Config) { c.Quiet = 0 }

// Editors that are installed: each save is one batch, of the whole text.
func TestDiskEditors(t *testing.T) {
	dir := t.TempDir()
	a := filepath.Join(dir, "a.ts")
	body := strings.Repeat("text\n", 20000)
	write(t, "old\n"+body, a)
	w := run(t, dir, adapting)
	for name, argv := range map[string][]string{
		"vim renames": {"vim", "-Nu", "NONE", "-es", "--cmd", "set backupcopy=no backup", "-c", "%d|0r new", "-c",
			"wq", "a.ts"},
		"vim in place": {"vim", "-Nu", "NONE", "-es", "--cmd", "set backupcopy=yes backup", "-c", "%d|0r new", "-c",
			"wq", "a.ts"},
		"vim no backup": {"vim", "-Nu", "NONE", "-es", "--cmd", "set nowritebackup noswapfile", "-c", "%d|0r new", "-c",
			"wq", "a.ts"},
		"ed":     {"sh", "-c", `printf '1,$d\n0r new\nw\nq\n' | ed -s a.ts`},
		"sed -i": {"sed", "-i", "-e", "1s/.*/sed/", "a.ts"},
	} {
		if _, err := exec.LookPath(strings.Fields(name)[0]); err != nil {
			continue // it is not installed
		}
		time.Sleep(streakPause) // another save, which follows none
		before, err := os.ReadFile(a)
		must(t, err)
		text := name + "\n" + body
		write(t, text, dir, "new")
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Dir = dir
		ended := make(chan error, 1)
		go func() { out, err := cmd.CombinedOutput(); t.Logf("%s: %s", name, out); ended <- err }()
		b := next(t, w)
		is, err := os.ReadFile(a)
		if !strings.HasSuffix(string(is), "text\n") || string(is) == string(before) || err != nil ||
			describe(b) != "written a.ts" {
			t.Errorf("%s: batch %q, when the file had %d bytes, %v", name, describe(b), len(is), err)
		}
		must(t, <-ended)
		if after, _ := os.ReadFile(a); string(after) != string(is) {
			t.Errorf("%s: the batch came when the file had %d bytes of %d", name, len(is), len(after))
		}
	}
}
