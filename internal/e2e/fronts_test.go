//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const nginxFront = `
daemon off; @USER@ pid @DIR@/nginx.pid; error_log @DIR@/log; worker_processes 1; events {}
http {
  access_log off; client_body_temp_path @DIR@/body; proxy_temp_path @DIR@/proxy;
  fastcgi_temp_path @DIR@/fastcgi; uwsgi_temp_path @DIR@/uwsgi; scgi_temp_path @DIR@/scgi;
  @SERVER@
}
`

// inFront starts nginx as examples/nginx has it before a unix socket, to which it passes requests on by a directive,
// and returns its address.
func inFront(t *testing.T, socket, pass string) (address string) {
	t.Helper()
	dir := t.TempDir()
	address = "127.0.0.1:" + freePort(t)
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // else nobody, who may not enter the folder
	}
	app := strings.NewReplacer("/run/app/app.sock", socket, "listen 80", "listen "+address, "proxy_pass http://app;",
		pass)
	server := app.Replace(string(testkit.Must(os.ReadFile(filepath.Join(root, "examples/nginx/app.conf")))(t)))
	conf := filepath.Join(dir, "conf")
	write(t, conf, strings.NewReplacer("@DIR@", dir, "@USER@", user, "@SERVER@", server).Replace(nginxFront))
	testkit.Start(t, exec.Command("/usr/sbin/nginx", "-c", conf, "-p", dir))
	reachable(t, address)
	t.Cleanup(func() {
		if log, _ := os.ReadFile(filepath.Join(dir, "log")); t.Failed() && len(log) > 0 {
			t.Logf("nginx said:\n%.4000s", log)
		}
	})
	return address
}
