//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What stands in front of programs. Each forbids /admin, and says itself who the user is.
const (
	nginxFront = `
daemon off; @USER@ pid @DIR@/nginx.pid; error_log @DIR@/log; worker_processes 1; events {}
http {
  access_log off; client_body_temp_path @DIR@/body; proxy_temp_path @DIR@/proxy;
  fastcgi_temp_path @DIR@/fastcgi; uwsgi_temp_path @DIR@/uwsgi; scgi_temp_path @DIR@/scgi;
  @SERVER@
}
`
	nginxServer = `
  upstream app { server @TARGET@; keepalive 16; keepalive_requests 1000000; }
  server {
    listen @FRONT@; keepalive_requests 1000000; client_max_body_size 0;
    location /admin { return 403; }
    location / {
      proxy_pass http://app; proxy_http_version 1.1; proxy_request_buffering off; proxy_buffering off;
      proxy_set_header Connection ""; proxy_set_header X-Forwarded-User "";
    }
  }
`
	haproxyFront = `
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse safe
frontend front
  bind @FRONT@
  http-request deny if { path_beg /admin }
  http-request del-header X-Forwarded-User
  default_backend app
backend app
  server one @TARGET@ pool-max-conn 16 @OPTIONS@
`
)

// inFront starts nginx, HAProxy or the proxy in Node before a program, and returns its address; or nginx as examples/nginx has it,
// before the unix socket target, to which it passes requests on as the options say.
func inFront(t *testing.T, of, target, options string) (address string) {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	address = "127.0.0.1:" + port
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // else nobody, who may not enter the folder
	}
	fill := strings.NewReplacer("@DIR@", dir, "@USER@", user, "@TARGET@", target, "@FRONT@", address, "@OPTIONS@", options)
	conf, text := filepath.Join(dir, "conf"), strings.Replace(nginxFront, "@SERVER@", nginxServer, 1)
	cmd := exec.Command("/usr/sbin/nginx", "-c", conf, "-p", dir)
	switch of {
	case "example":
		b := testkit.Must(os.ReadFile(filepath.Join(root, "examples/nginx/app.conf")))(t)
		app := strings.NewReplacer("/run/app/app.sock", target, "listen 80", "listen "+address, "proxy_pass http://app;", options)
		text = strings.Replace(nginxFront, "@SERVER@", app.Replace(string(b)), 1)
	case "haproxy":
		cmd, text = exec.Command("/usr/sbin/haproxy", "-db", "-f", conf), haproxyFront
	case "node":
		cmd = exec.Command("node", filepath.Join(root, "internal/e2e/testdata/whole/proxy.mjs"))
	}
	write(t, conf, fill.Replace(text))
	_, targetPort, _ := strings.Cut(target, ":")
	cmd.Env = append(os.Environ(), "PORT="+port, "TARGET="+targetPort)
	testkit.Start(t, cmd)
	reachable(t, address)
	t.Cleanup(func() {
		if log, _ := os.ReadFile(filepath.Join(dir, "log")); t.Failed() && len(log) > 0 {
			t.Logf("%s said:\n%.4000s", of, log)
		}
	})
	return address
}

// handlersLog is a file to which programs write what their handlers get. A test that fails shows it.
type handlersLog struct {
	t    testing.TB
	file string
}

func logHandlers(t testing.TB) handlersLog {
	t.Helper()
	l := handlersLog{t, filepath.Join(t.TempDir(), "handlers")}
	t.Cleanup(func() {
		if all := l.read(); t.Failed() {
			t.Logf("the handlers got:\n%s%.4000s", fmt.Sprintln(strings.Count(all, "\n"), "lines, the last of them"), all[max(0, len(all)-4000):])
		}
	})
	return l
}

func (l handlersLog) read() string {
	b, _ := os.ReadFile(l.file)
	return string(b)
}

// never demands that no handler has got this.
func (l handlersLog) never(text string) {
	l.t.Helper()
	for line := range strings.Lines(l.read()) {
		if strings.Contains(line, text) {
			l.t.Errorf("a handler got what no client has sent: %s", line)
		}
	}
}
