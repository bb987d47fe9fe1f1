//go:build linux

// Command recording writes docs/session.svg: what a terminal shows of hotswap during twenty saves under load, in the
// first session of a program: hotswap's cache is empty. It runs a small Hono server in TypeScript below hotswap in a
// pseudoterminal, and writes nothing if a request is lost. Below stands what the same clients see of tsx watch. It needs
// the packages of examples/hono-cdc (.ci/install
// modules).
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/tty"
)

const (
	pace    = 2500 * time.Millisecond // from save to save
	think   = 40 * time.Millisecond   // of a client between two requests
	timeout = 2 * time.Minute         // of the whole run
)

const server = `import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { version } from './version'

const app = new Hono()
app.get('/ping', (c) => c.json({ pong: true, version, pid: process.pid }))
serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' })
`

func main() {
	saves := flag.Int("saves", 20, "how many saves")
	port := flag.Int("port", 4000, "the server's port")
	out := flag.String("out", "docs/session.svg", "the file to write")
	flag.Parse()
	s, err := record(*saves, *port, "hotswap", "--")
	if err != nil {
		log.Fatalf("recording: %v", err)
	}
	rival, err := record(*saves, *port, "tsx", "watch")
	if err == nil {
		err = os.WriteFile(*out, []byte(s.svg(rival)), 0o644)
	}
	if err != nil {
		log.Fatalf("recording: %v", err)
	}
	fmt.Printf("recording: %s: %s; %s: %s\n", *out, s.last(), rival.command, rival.last())
}

// shown is a text and when it appeared.
type shown struct {
	at   time.Duration
	text string
}

// session is what was seen.
type session struct {
	command string
	watcher bool // it may lose requests
	begun   time.Time
	lines   []shown // of the terminal
	counts  []shown // of the load
}

// last returns what was counted at the end.
func (s *session) last() string { return s.counts[len(s.counts)-1].text }

// record runs the session in a folder of its own. of begins the command, before the file of the program.
func record(saves, port int, of ...string) (s *session, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	dir, err := os.MkdirTemp("", "recording")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cache, err := os.MkdirTemp("", "recording-cache") // not in the project, whose files are watched
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(cache)
	modules := filepath.Join(e2etest.Root(), "examples/hono-cdc/node_modules") // Hono and tsx
	err = errors.Join(
		e2etest.Build(filepath.Join(dir, "hotswap"), "./cmd/hotswap", []string{"CGO_ENABLED=0"}),
		os.Mkdir(filepath.Join(dir, "src"), 0o755), os.Symlink(modules, filepath.Join(dir, "node_modules")),
		os.WriteFile(filepath.Join(dir, "package.json"), []byte(`{"type":"module"}`), 0o644),
		os.WriteFile(filepath.Join(dir, "src", "index.ts"), []byte(server), 0o644),
		save(dir, 1),
	)
	if err != nil {
		return nil, err
	}

	program := []string{"src/index.ts"}
	if of[0] != "tsx" {
		program = []string{"tsx", "src/index.ts"}
	}
	program = append(of, program...)
	s = &session{command: strings.Join(program, " "), watcher: of[0] == "tsx", begun: time.Now()}
	keys, slave, err := tty.Open()
	if err != nil {
		return nil, err
	}
	defer keys.Close()
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 100}); err != nil {
		return nil, err
	}
	argv := append(e2etest.OwnCache(cache), program...)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, slave, slave, slave
	cmd.Env = append(os.Environ(), "PORT="+strconv.Itoa(port), "TERM=xterm-256color", "XDG_RUNTIME_DIR="+dir,
		"PATH="+dir+":"+filepath.Join(modules, ".bin")+":"+os.Getenv("PATH"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) }
	err = cmd.Start()
	_ = slave.Close()
	if err != nil {
		return nil, err
	}
	read, ended := make(chan struct{}), make(chan error, 1)
	go func() { s.read(keys); close(read) }()
	go func() { ended <- cmd.Wait(); cancel() }()
	err = s.save(ctx, saves, dir, fmt.Sprintf("127.0.0.1:%d", port))
	if err == nil && s.watcher {
		_, err = keys.WriteString("\x03") // Ctrl-C
	} else if err == nil {
		_, err = keys.WriteString("q") // drain and stop
	} else {
		_ = cmd.Cancel()
	}
	if end := <-ended; !s.watcher {
		err = errors.Join(err, end)
	}
	<-read
	if err != nil {
		return nil, fmt.Errorf("%w\n%v", err, s.lines)
	}
	return s, nil
}

// save writes a version as editors do: beside the file, and renamed over it.
func save(dir string, version int) error {
	file := filepath.Join(dir, "src", "version.ts")
	if err := os.WriteFile(file+"~", fmt.Appendf(nil, "export const version = %d\n", version), 0o644); err != nil {
		return err
	}
	return os.Rename(file+"~", file)
}

var escapes = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]|\r`)

// read collects lines until the terminal closes.
func (s *session) read(screen *os.File) {
	for scan := bufio.NewScanner(screen); scan.Scan(); {
		s.lines = append(s.lines, shown{time.Since(s.begun), escapes.ReplaceAllString(scan.Text(), "")})
	}
}

// save saves again and again under load, each time after the version before has answered. An error names what was
// lost.
func (s *session) save(ctx context.Context, saves int, dir, address string) error {
	for conn, err := net.Dial("tcp", address); ; conn, err = net.Dial("tcp", address) {
		if err == nil {
			_ = conn.Close()
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nothing listens: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	kinds := []load.Kind{load.FreshGET(4), load.KeepAliveGET(8)}
	kinds[0].Think, kinds[1].Think = think, think
	client := load.New(load.Config{Targets: []string{address}, Kinds: kinds, Checks: load.ExampleChecks()})
	loading, stop := context.WithCancel(ctx)
	defer stop()
	go client.Run(loading)
	count := func(saves int, c load.Snapshot) {
		s.counts = append(s.counts, shown{time.Since(s.begun), fmt.Sprintf("saves: %d · requests of 12 clients: %d · lost: %d", saves, c.Requests, c.Failed())})
	}
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for version := 1; version <= saves+1; version++ {
		name := strconv.Itoa(version)
		if err := client.Await(ctx, func(c load.Snapshot) bool { return c.Version(name).Answers > 0 }); err != nil {
			return fmt.Errorf("version %d does not answer: %w", version, err)
		}
		count(version-1, client.Snapshot())
		<-tick.C
		if version <= saves {
			if err := save(dir, version+1); err != nil {
				return err
			}
		}
	}
	stop()
	c := client.Wait()
	count(saves, c)
	if c.Failed() > 0 && !s.watcher {
		return fmt.Errorf("requests were lost: %v", c)
	}
	return nil
}
