//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// cable are clients of ActionCable, which connect again after each end. Every second one
// says nothing once it has subscribed, as most clients of ActionCable do.
type cable struct {
	t    *testing.T
	port string

	mu       sync.Mutex // guards what follows
	cond     *sync.Cond
	versions map[int]int    // subscribed clients by the version that has answered them last
	ends     map[string]int // what the server said last, and the close code
}

func beginCable(t *testing.T, port string, clients int) *cable {
	t.Helper()
	c := &cable{t: t, port: port, versions: map[int]int{}, ends: map[string]int{}}
	c.cond = sync.NewCond(&c.mu)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for n := range clients {
		running.Go(func() {
			for ctx.Err() == nil {
				c.connect(ctx, n%2 == 0)
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return c
}

// cableMessage is a message of ActionCable's protocol, actioncable-v1-json.
type cableMessage struct {
	Command    string          `json:"command,omitempty"`
	Identifier string          `json:"identifier,omitempty"`
	Data       string          `json:"data,omitempty"`
	Type       string          `json:"type,omitempty"`
	Reason     string          `json:"reason,omitempty"`
	Reconnect  bool            `json:"reconnect,omitempty"`
	Message    json.RawMessage `json:"message,omitempty"`
}

// connect serves one connection until it ends.
func (c *cable) connect(ctx context.Context, talks bool) {
	conn, _, err := websocket.Dial(ctx, "ws://127.0.0.1:"+c.port+"/cable", &websocket.DialOptions{
		Subprotocols: []string{"actioncable-v1-json"}, HTTPHeader: http.Header{"Origin": {"http://127.0.0.1:" + c.port}},
	})
	if err != nil {
		// Without hotswap nothing listens in the end.
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
		return
	}
	defer conn.CloseNow()
	send := func(m cableMessage) {
		m.Identifier = `{"channel":"EchoChannel"}`
		b, _ := json.Marshal(m)
		_ = conn.Write(ctx, websocket.MessageText, b) // the next Read has the error
	}
	said, version, number := "", 0, 0
	defer func() { c.hear(&version, 0) }()
	for {
		_, b, err := conn.Read(ctx)
		if err != nil {
			c.ended(ctx, said, err)
			return
		}
		var m cableMessage
		if err := json.Unmarshal(b, &m); err != nil {
			c.t.Errorf("%v in %q", err, b)
		}
		switch m.Type {
		case "welcome":
			send(cableMessage{Command: "subscribe"})
		case "disconnect":
			said = fmt.Sprintf("%s, reconnect %v, ", m.Reason, m.Reconnect)
		case "": // of the channel
			var answer struct{ Echo, Version int }
			if err := json.Unmarshal(m.Message, &answer); err != nil || answer.Echo != number {
				c.t.Errorf("%s after number %d: %v", m.Message, number, err)
			}
			c.hear(&version, answer.Version)
			if talks {
				select {
				case <-ctx.Done():
				case <-time.After(20 * time.Millisecond):
				}
				number++
				send(cableMessage{Command: "message", Data: fmt.Sprintf(`{"action":"echo","number":%d}`, number)})
			}
		}
	}
}

// hear notes which version has answered a client; 0: none, the connection has ended.
func (c *cable) hear(version *int, now int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.versions[*version]--
	c.versions[now]++
	*version = now
	c.cond.Broadcast()
}

func (c *cable) ended(ctx context.Context, said string, err error) {
	if ctx.Err() != nil {
		return
	}
	code := 1006
	if e := (websocket.CloseError{}); errors.As(err, &e) {
		code = int(e.Code)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ends[fmt.Sprintf("%s%d", said, code)]++
	c.cond.Broadcast()
}

// await waits until want, which may read all fields.
func (c *cable) await(what string, want func() bool) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !e2etest.Await(c.cond, want) {
		c.t.Fatalf("%s: never; versions %v, ends %v", what, c.versions, c.ends)
	}
}

// at waits until so many clients hear this version.
func (c *cable) at(version, clients int) {
	c.t.Helper()
	c.await(fmt.Sprintf("%d clients at version %d", clients, version), func() bool { return c.versions[version] == clients })
}

// have waits until so many connections have ended, and demands that each ended so.
func (c *cable) have(ends int, so string) {
	c.t.Helper()
	c.await(fmt.Sprintf("%d ends", ends), func() bool {
		n := 0
		for _, count := range c.ends {
			n += count
		}
		return n >= ends
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if want := map[string]int{so: ends}; !maps.Equal(c.ends, want) {
		c.t.Errorf("connections ended by %v, want %v", c.ends, want)
	}
}

// ActionCable says nothing to its clients when puma ends by SIGTERM, unless the program asks it to. Below
// hotswap they hear the same, and HTTP clients of that puma lose no request.
func TestActionCable(t *testing.T) {
	t.Parallel()
	const clients, saves = 4, 2
	for so, env := range map[string][]string{"1006": nil, "server_restart, reconnect true, 1000": {"TELL=1"}} {
		p := endsProgram{
			name: "ActionCable", env: env,
			command: words("/usr/bin/puma -q -t 0:40 -b tcp://127.0.0.1:PORT cable.ru"),
			needs:   words("ruby -rrack -rpuma -raction_cable -e 1"),
		}
		t.Run(so, func(t *testing.T) {
			t.Parallel()
			port, stop := p.bare(t)
			alone := beginCable(t, port, clients)
			alone.at(1, clients)
			stop()
			alone.have(clients, so)

			dir, port := p.project(t), freePort(t)
			h := start(t, options{
				dir: dir, env: p.env, args: []string{"--no-watch", "--probation", brief, "--drain-timeout", "9s"},
				command: p.argv(p.command, port),
			})
			h.serving(1)
			c := beginCable(t, port, clients)
			tr := begin(t, []load.Kind{load.FreshGET(1), load.KeepAliveGET(2)}, load.ExampleChecks(), "127.0.0.1:"+port)
			c.at(1, clients)
			for v := 2; v <= saves+1; v++ {
				save(t, filepath.Join(dir, "version.json"), v)
				h.signal(syscall.SIGHUP)
				h.serving(v)
				if l := h.drained(v - 1); l.Killed {
					t.Errorf("generation %d had to be killed", v-1)
				}
				c.at(v, clients)
			}
			tr.end()
			c.have(clients*saves, so)
		})
	}
}
