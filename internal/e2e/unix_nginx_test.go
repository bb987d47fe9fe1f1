//go:build linux

package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// How nginx passes requests on. byHTTP is a line of examples/nginx.
const (
	byHTTP    = `proxy_pass http://app;`
	byFastCGI = `fastcgi_pass app; fastcgi_param SCRIPT_FILENAME @DIR@/index.php; fastcgi_param REQUEST_METHOD $request_method;`
)

// unixNginx surrounds what examples/nginx has for /etc/nginx/conf.d.
const unixNginx = `
daemon off; @USER@ pid @DIR@/nginx.pid; error_log @DIR@/log; worker_processes 1; events {}
http {
  access_log off; client_body_temp_path @DIR@/body; proxy_temp_path @DIR@/proxy;
  fastcgi_temp_path @DIR@/fastcgi; uwsgi_temp_path @DIR@/uwsgi; scgi_temp_path @DIR@/scgi;
  include @DIR@/app.conf;
}
`

// behindNginx returns a client of an nginx that passes requests on to the socket in the folder.
func behindNginx(t *testing.T, dir, pass string) *http.Client {
	t.Helper()
	if _, err := os.Stat("/usr/sbin/nginx"); err != nil {
		t.Skip("needs nginx")
	}
	port, at := freePort(t), t.TempDir()
	if err := os.Symlink(filepath.Join(dir, "app.sock"), filepath.Join(at, "app.sock")); err != nil {
		t.Fatal(err)
	}
	conf, user := filepath.Join(at, "nginx.conf"), ""
	if os.Geteuid() == 0 {
		user = "user root;" // else nobody, who may not enter the folder
	}
	write(t, conf, strings.NewReplacer("@DIR@", at, "@USER@", user).Replace(unixNginx))
	text, err := os.ReadFile(filepath.Join(root, "examples/nginx/app.conf"))
	if err != nil {
		t.Fatal(err)
	}
	app := strings.NewReplacer("/run/app/app.sock", filepath.Join(at, "app.sock"), "listen 80", "listen 127.0.0.1:"+port, byHTTP, pass)
	write(t, filepath.Join(at, "app.conf"), app.Replace(string(text)))
	cmd := exec.Command("/usr/sbin/nginx", "-c", conf, "-p", at)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	c := testkit.Client("")
	transport := c.Transport.(*http.Transport).Clone()
	transport.Proxy = nil
	c.Transport = toAddress{"127.0.0.1:" + port, transport}
	testkit.Eventually(t, func() error { _, err := unixPing(c); return err })
	return c
}

// toAddress sends every request to one address.
type toAddress struct {
	address string
	next    http.RoundTripper
}

func (a toAddress) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Host = a.address
	return a.next.RoundTrip(r)
}
