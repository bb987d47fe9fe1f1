//go:build unix

package fronts

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// front is a proxy. In conf, PORT is its own port, SERVER that of the server, and REPEAT what repeats is, or nothing.
type front struct {
	name, conf, repeats string
	command             []string // runs in the folder that has conf as the file conf
}

var fronts = []front{
	{name: "nginx", command: strings.Fields("/usr/sbin/nginx -e stderr -p . -c conf"),
		repeats: "proxy_next_upstream error timeout non_idempotent;",
		conf: `daemon off;
pid nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream server {
    server 127.0.0.1:SERVER;
    keepalive 16;
  }
  server {
    listen 127.0.0.1:PORT;
    location / {
      proxy_pass http://server;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      REPEAT
    }
  }
}
`},
	{name: "HAProxy", command: strings.Fields("/usr/sbin/haproxy -db -f conf"),
		repeats: "retry-on conn-failure empty-response",
		conf: `defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
  http-reuse always
frontend clients
  bind 127.0.0.1:PORT
  default_backend servers
backend servers
  REPEAT
  server one 127.0.0.1:SERVER
`},
	{name: "Caddy", command: strings.Fields("caddy run --adapter caddyfile --config conf"),
		repeats: "lb_try_duration 5s",
		conf: `{
  admin off
  auto_https off
  log {
    level FATAL
  }
}
http://127.0.0.1:PORT {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:SERVER {
    REPEAT
  }
}
`},
}

// stand is a front that runs, with its clients.
type stand struct {
	*fresh.Process
	client *load.Client
	end    context.CancelFunc

	mu   sync.Mutex
	last map[int]time.Time // when a version has last answered
}

// starts starts the front of a server, and returns when its clients get answers.
func (f front) starts(h *fresh.Harness, serverPort string, repeats bool) (*stand, error) {
	dir, err := h.Temp()
	if err != nil {
		return nil, err
	}
	port, err := fresh.FreePort()
	repeat := ""
	if repeats {
		repeat = f.repeats
	}
	conf := strings.NewReplacer("PORT", port, "SERVER", serverPort, "REPEAT", repeat).Replace(f.conf)
	err = errors.Join(err, os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o644))
	if err != nil {
		return nil, err
	}
	s := &stand{last: map[int]time.Time{}}
	s.Process, err = fresh.Launch(fresh.Options{Port: func() (string, error) { return port, nil }},
		fresh.Contender{Name: f.name, Command: f.command, Env: []string{"HOME=" + dir}}, dir,
		filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	if err := s.Serves(h.Ctx); err != nil {
		s.Stop()
		return nil, err
	}
	get, post, steady := load.KeepAliveGET(4), load.KeepAlivePOST(4), load.KeepAliveGET(1)
	post.Path = get.Path
	steady.Name, steady.Think = "every 100 ms", 100*time.Millisecond
	s.client = load.New(load.Config{Targets: []string{"127.0.0.1:" + port}, Kinds: []load.Kind{get, post, steady},
		Checks: load.Checks{Right: s.right}})
	ctx, end := context.WithCancel(h.Ctx)
	s.end = end
	go s.client.Run(ctx)
	return s, nil
}

// right judges an answer, and notes its version.
func (s *stand) right(a load.Answer) error {
	if err := load.RightStatus(a); err != nil {
		return err
	}
	text, ok := load.ExampleChecks().Version(a.Body, a.Header)
	version, err := strconv.Atoi(text)
	if !ok || err != nil {
		return errors.New("no version")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last[version] = time.Now()
	return nil
}

// old returns for how many seconds after a moment versions before this one have answered.
func (s *stand) old(version int, since time.Time) (seconds float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v, at := range s.last {
		if v < version {
			seconds = max(seconds, at.Sub(since).Seconds())
		}
	}
	return seconds
}

// count returns how many requests there were until now, and how many had no right answer.
func (s *stand) count() (requests, failed uint64) {
	n := s.client.Snapshot()
	return n.Requests, n.Requests - n.Counts[load.OK]
}
