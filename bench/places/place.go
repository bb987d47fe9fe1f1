//go:build unix

package places

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// think is how long a client waits between two requests. All together leave the processors time for saves.
const think = 50 * time.Millisecond

// place is a worktree with its hotswap and its clients. Times are milliseconds.
type place struct {
	*e2etest.Worktree
	hotswap string // the binary
	url     string

	client *load.Client
	end    context.CancelFunc
	got    load.Snapshot

	started, again, fresh, woken float64
	asleep                       float64 // megabytes
}

// status is of hotswap status --json.
type status struct {
	PID         int
	State       string
	Generations []struct{ State string }
}

// does runs a sub-command, and returns what it prints.
func (p *place) does(args ...string) (string, error) {
	cmd := exec.Command(p.hotswap, args...)
	var said bytes.Buffer
	cmd.Dir, cmd.Stderr = p.Dir, &said
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s: hotswap %q: %w\n%s", p.Tree, args, err, said.String())
	}
	return strings.TrimSpace(string(out)), err
}

// start starts hotswap, and returns how long that took until the program served. A place keeps its URL.
func (p *place) start(options ...string) (ms float64, err error) {
	args := append(append([]string{"-d", "--port", "auto"}, options...), "--") // of two --port the last one counts
	begun := time.Now()
	said, err := p.does(append(args, p.Command...)...)
	ms = fresh.Ms(time.Since(begun))
	url, err2 := p.does("url")
	if err := errors.Join(err, err2); err != nil {
		return 0, err
	}
	if p.url == "" {
		p.url = url
	}
	if said != p.url || url != p.url {
		return 0, fmt.Errorf("%s: -d says %s, hotswap url %s, and it was %s", p.Tree, said, url, p.url)
	}
	return ms, nil
}

// answers demands that the program, and what it gets itself at the port in its code, is this place's and new.
func (p *place) answers(ctx context.Context, version int) error {
	for _, path := range []string{"/ping", "/self"} {
		text, err := get(ctx, p.url+path)
		var a e2etest.Answer
		if err == nil {
			err = json.Unmarshal([]byte(text), &a)
		}
		if err == nil && a != (e2etest.Answer{Tree: p.Tree, Version: version}) {
			err = errors.New("not version " + strconv.Itoa(version) + " of " + p.Tree)
		}
		if err != nil {
			return fmt.Errorf("%s%s: %q: %w", p.url, path, text, err)
		}
	}
	return nil
}

// get returns an answer on a connection of its own.
func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: fresh.Booting}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

// ask begins the clients.
func (p *place) ask(ctx context.Context) {
	single, kept, self := load.FreshGET(3), load.KeepAliveGET(3), load.FreshGET(1)
	single.Think, kept.Think, self.Think = think, think, think
	if !p.Moves {
		kept.Think = time.Hour
	}
	self.Name, self.Path = "own port", "/self"
	ctx, p.end = context.WithCancel(ctx)
	p.client = load.New(load.Config{
		Targets: []string{strings.TrimPrefix(p.url, "http://")}, Checks: p.Checks(),
		Kinds: []load.Kind{single, kept, self}, Timeout: time.Minute,
	})
	go p.client.Run(ctx)
}

// save waits until the clients have got this version, saves the next one, and notes when they get that.
func (p *place) save(ctx context.Context, version int) error {
	has := func(version int, times uint64) error {
		err := p.client.Await(ctx, func(s load.Snapshot) bool {
			return s.Version(strconv.Itoa(version)).Answers >= times
		})
		if err != nil {
			return fmt.Errorf("%s: version %d: %w", p.Tree, version, err)
		}
		return nil
	}
	if err := has(version, 50); err != nil {
		return err
	}
	begun := time.Now()
	if err := p.Save(version + 1); err != nil {
		return err
	}
	err := has(version+1, 1)
	p.fresh = fresh.Ms(time.Since(begun))
	return err
}

// until waits for a fact of the status.
func (p *place) until(ctx context.Context, fact func(status) bool) (s status, err error) {
	for end := time.Now().Add(fresh.Booting); time.Now().Before(end); {
		text, err := p.does("status", "--json")
		if err == nil {
			s = status{}
			err = json.Unmarshal([]byte(text), &s)
		}
		if err != nil || fact(s) {
			return s, err
		}
		if err := fresh.Sleep(ctx, 100*time.Millisecond); err != nil {
			return s, err
		}
	}
	return s, fmt.Errorf("%s stays %+v", p.Tree, s)
}

// drained waits until no old process is left.
func (p *place) drained(ctx context.Context) error {
	_, err := p.until(ctx, func(s status) bool { return len(s.Generations) == 1 })
	return err
}
