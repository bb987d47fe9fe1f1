package drain

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// server is this process as the program: it accepts at one address.
type server struct {
	t   testing.TB
	l   net.Listener
	cfg Config
	at  handoff.Endpoint
}

func serve(t testing.TB, network, address string) *server {
	t.Helper()
	var lc net.ListenConfig
	lc.SetMultipathTCP(false) // whose sockets sock_diag does not show
	s := &server{t: t, l: testkit.Must(lc.Listen(t.Context(), network, address))(t)}
	t.Cleanup(func() { s.l.Close() })
	if network == "unix" {
		s.at = handoff.Endpoint{Network: network, Path: address}
	} else {
		s.at = handoff.Endpoint{Network: network, Addr: s.l.Addr().(*net.TCPAddr).AddrPort()}
	}
	s.cfg = Config{Endpoints: []handoff.Endpoint{s.at}, Tree: func() []int { return []int{os.Getpid()} }, Rest: Rest}
	return s
}

// watch opens a watch.
func (s *server) watch() *Watch {
	s.t.Helper()
	w := testkit.Must(Open(s.cfg))(s.t)
	s.t.Cleanup(w.Close)
	return w
}

// accept returns both ends of a new connection.
func (s *server) accept() (client, program net.Conn) {
	s.t.Helper()
	client = testkit.Must(net.Dial(s.l.Addr().Network(), s.l.Addr().String()))(s.t)
	program = testkit.Must(s.l.Accept())(s.t)
	s.t.Cleanup(func() { client.Close(); program.Close() })
	return client, program
}

// shows looks until the connections stand like that.
func (s *server) shows(w *Watch, want handoff.DrainReport) {
	s.t.Helper()
	testkit.Within(s.t, 10*wait.Person, func() error {
		if got, _, alive := w.Inspect(); got != want || !alive {
			return fmt.Errorf("%+v, want %+v; alive %v", got, want, alive)
		}
		return nil
	})
}

// say has one end send, and the other read.
func say(t testing.TB, from, to net.Conn) {
	t.Helper()
	testkit.Must(io.WriteString(from, "hello"))(t)
	testkit.Must(io.ReadFull(to, make([]byte, 5)))(t)
}

// Where adapters tell of all connections that processes can have, the kernel is not asked. When an adapter goes, the
// generation has the connections that its process still has, and not those that the adapter has given to another
// generation before.
func TestLookBehindAnAdapter(t *testing.T) {
	s := serve(t, "tcp4", "127.0.0.1:0")
	tells, tree := true, []int{os.Getpid()}
	s.cfg.Told, s.cfg.Relieved = func(pid int, port uint16) bool {
		return tells && pid == os.Getpid() && port == s.at.Port()
	}, true
	s.cfg.Tree = func() []int { return tree }
	w := s.watch()
	_, _ = s.accept()
	passes := func(c net.Conn) { // to another process
		f := testkit.Must(c.(interface{ File() (*os.File, error) }).File())(t)
		process := exec.CommandContext(t.Context(), "sleep", "60")
		process.ExtraFiles = []*os.File{f}
		testkit.NoError(t, process.Start())
		t.Cleanup(func() { _ = process.Process.Kill(); _ = process.Wait() })
		f.Close()
		c.Close()
		tree = append(tree, process.Process.Pid)
	}
	_, pipe := serve(t, "unix", filepath.Join(t.TempDir(), "s")).accept() // as Node's children have
	passes(pipe)
	diag := w.diag
	w.diag = nil
	if r, again, _ := w.Inspect(); r != (handoff.DrainReport{Settled: true}) || again != Rest {
		t.Errorf("%+v, and again after %v", r, again)
	}
	w.diag = diag
	_, other := s.accept()
	_, given := s.accept()
	passes(other)
	s.shows(w, handoff.DrainReport{Connections: 1})
	family := tree
	passes(given)
	tree, tells = family, false
	if r, _, _ := w.Inspect(); r.Connections != 2 {
		t.Errorf("%+v", r)
	}
}

// A connection is busy until the program has answered, and nothing moves. The last look says that the generation has
// ended.
func TestLook(t *testing.T) {
	for _, network := range []string{"tcp4", "tcp6"} {
		address := map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::]:0"}[network]
		s := serve(t, network, address)
		lives := true
		s.cfg.Tree = func() []int { return slices.Repeat([]int{os.Getpid()}, map[bool]int{true: 1}[lives]) }
		w := s.watch()
		s.shows(w, handoff.DrainReport{Settled: true})
		client, program := s.accept()
		say(t, client, program)
		s.shows(w, handoff.DrainReport{Connections: 1, Busy: 1})
		say(t, program, client)
		s.shows(w, handoff.DrainReport{Connections: 1, Busy: 1, Flowing: 1, Stays: 1})
		s.shows(w, handoff.DrainReport{Connections: 1})
		testkit.Must(io.WriteString(client, "again"))(t) // which the program does not read
		s.shows(w, handoff.DrainReport{Connections: 1, Busy: 1})
		client.Close()
		program.Close()
		s.shows(w, handoff.DrainReport{Settled: true})
		lives = false
		if r, _, alive := w.Inspect(); alive || !r.Free() || !r.Settled {
			t.Errorf("the generation has ended: %+v, alive %v", r, alive)
		}
	}
}

// What others have is not the generation's: another process at the same port, and who comes after the queue was empty.
func TestLookIsOfTheGeneration(t *testing.T) {
	s := serve(t, "tcp4", "127.0.0.1:0")
	client, program := s.accept()
	say(t, client, program)
	_, _ = s.accept() // nobody has spoken

	s.cfg.Tree = func() []int { return []int{os.Getppid()} }
	s.shows(s.watch(), handoff.DrainReport{Settled: true})

	s.cfg.Tree = func() []int { return []int{os.Getpid()} }
	waiting := 1
	s.cfg.Relieved, s.cfg.Waiting = true, func() int { return waiting }
	w := s.watch()
	w.Inspect()
	_, _ = s.accept()
	s.shows(w, handoff.DrainReport{Connections: 3, Busy: 1, Waiting: 1})
	waiting = 0
	w.Inspect()
	w.Inspect()
	_, _ = s.accept() // by another generation
	s.shows(w, handoff.DrainReport{Connections: 3, Busy: 1})
	client.Close()
	program.Close()
	s.shows(w, handoff.DrainReport{Connections: 2})
}

// Connections of a unix socket count as busy, at whichever of its names they were accepted, and others' do not.
func TestUnixSockets(t *testing.T) {
	dir := t.TempDir()
	s, other := serve(t, "unix", filepath.Join(dir, ".my app.hotswap-2")), serve(t, "unix", filepath.Join(dir, "other"))
	s.cfg.Endpoints[0].Path = filepath.Join(dir, "my app")
	w := s.watch()
	_, _ = other.accept()
	client, program := s.accept()
	s.shows(w, handoff.DrainReport{Connections: 1, Busy: 1})
	s.cfg.Told = func(_ int, port uint16) bool { return port == 0 }
	s.shows(s.watch(), handoff.DrainReport{Settled: true})
	client.Close()
	program.Close()
	s.shows(w, handoff.DrainReport{Settled: true})
}

// Only streams end, and only when somebody says so.
func TestEndStreams(t *testing.T) {
	s := serve(t, "tcp4", "127.0.0.1:0")
	w := s.watch()
	asked, answers := s.accept()
	listens, sends := s.accept()
	say(t, asked, answers)
	say(t, listens, sends)
	testkit.Within(t, 10*wait.Person, func() error {
		w.Inspect() // which shows that the client has everything
		say(t, sends, listens)
		if r, _, _ := w.Inspect(); r.Streams != 1 || r.Busy != 2 {
			return fmt.Errorf("%+v", r)
		}
		return nil
	})
	w.EndStreams()
	_ = listens.SetReadDeadline(time.Now().Add(testkit.Patience))
	if _, err := listens.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("a stream goes on: %v", err)
	}
	say(t, answers, asked)
}

// Cut ends the connections of the processes at that port and nothing else.
func TestCut(t *testing.T) {
	s, other := serve(t, "tcp4", "127.0.0.1:0"), serve(t, "tcp4", "127.0.0.1:0")
	client, program := s.accept()
	here, there := other.accept()
	Cut([]int{1 << 30}, s.cfg.Endpoints) // of a process that is not there
	say(t, client, program)
	Cut([]int{os.Getpid()}, s.cfg.Endpoints)
	_ = client.SetReadDeadline(time.Now().Add(testkit.Patience))
	if _, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the debugger sees %v", err)
	}
	say(t, here, there)
}

// Without a descriptor to look into processes, the generation counts as busy.
func TestNoDescriptors(t *testing.T) {
	s := serve(t, "tcp4", "127.0.0.1:0")
	w := s.watch()
	_, _ = s.accept()
	var limit unix.Rlimit
	testkit.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	next := testkit.Must(unix.Dup(0))(t)
	_ = unix.Close(next)
	testkit.NoError(t, syscall.Setrlimit(unix.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(next), Max: limit.Max}))
	r, _, _ := w.Inspect()
	testkit.NoError(t, syscall.Setrlimit(unix.RLIMIT_NOFILE, &syscall.Rlimit{Cur: limit.Cur, Max: limit.Max}))
	if r.Busy != 1 || r.Settled {
		t.Errorf("%+v", r)
	}
	s.shows(w, handoff.DrainReport{Connections: 1})
}

// The pause behind a look at many connections is so long that looks take a hundredth of a processor.
func TestPauseFollowsConnections(t *testing.T) {
	s := serve(t, "tcp4", "127.0.0.1:0")
	for range 300 {
		_, _ = s.accept()
	}
	w := s.watch()
	r, again, _ := w.Inspect()
	if again > 2*inspectEvery {
		t.Errorf("%+v, and again after %v", r, again)
	}
	s.shows(w, handoff.DrainReport{Connections: 300})
	r, again, _ = w.Inspect()
	if r.Connections != 300 || again != 300*connEvery {
		t.Errorf("%+v, and again after %v", r, again)
	}
	testkit.NothingLeft(t, 10, func(int) {
		w := testkit.Must(Open(s.cfg))(t)
		w.Inspect()
		w.Close()
	})
}

// Where nobody is connected any more and nobody can come, looks are rare: each reads the table of all connections of
// the machine. Where clients may still come, the next look is soon.
func TestLooksAreRareWhereNobodyIsConnected(t *testing.T) {
	s := serve(t, "tcp4", "127.0.0.1:0")
	client, program := s.accept()
	pause := func(w *Watch) (again time.Duration) {
		_, again, _ = w.Inspect()
		return again
	}
	clientsCome := s.watch()
	s.cfg.Relieved = true
	w := s.watch()
	for range 3 {
		if again := pause(w); again > 2*inspectEvery {
			t.Errorf("one is connected, and again after %v", again)
		}
	}
	client.Close()
	program.Close()
	s.shows(w, handoff.DrainReport{Settled: true})
	testkit.Within(t, wait.Person, func() error {
		if again := pause(w); again < Rest {
			return fmt.Errorf("nobody is connected, and again after %v", again)
		}
		return nil
	})
	diag := w.diag
	w.diag = nil // a look does not read the table any more
	pause(w)
	w.diag = diag
	if again := pause(clientsCome); again > 2*inspectEvery {
		t.Errorf("others may connect, and again after %v", again)
	}
}
