package golang

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// built is testdata/program, which is built once.
var built = sync.OnceValues(func() (path string, err error) {
	dir, err := os.MkdirTemp("", "golang")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "program")
	return path, buildProgram(path)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := built(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// program is a process of testdata/program, with the test in hotswap's place.
type program struct {
	*testkit.Adapter
	t    *testing.T
	at   map[string]string // where its servers listen, by name
	cert *x509.CertPool
}

const resume = `{"type":"resume"}`

func start(t *testing.T) *program {
	t.Helper()
	path := testkit.Must(built())(t)
	wire := testkit.OpenWire(t, "hotswap")
	p := launch(t, path, "HOTSWAP_WIRE="+wire.Path)
	p.Adapter = wire.Joined()
	return p
}

// launch starts a program, with which no hotswap speaks.
func launch(t *testing.T, path string, env ...string) *program {
	t.Helper()
	dir := t.TempDir()
	p := &program{t: t, at: map[string]string{}, cert: x509.NewCertPool()}
	p.certify(dir)
	cmd := exec.Command(path, filepath.Join(dir, "app"))
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), os.Stderr
	in := testkit.Must(cmd.StdinPipe())(t)
	out := testkit.Must(cmd.StdoutPipe())(t)
	testkit.NoError(t, cmd.Start())
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	for s := bufio.NewScanner(out); s.Scan() && s.Text() != ""; {
		name, at, _ := strings.Cut(s.Text(), " ")
		p.at[name] = at
	}
	return p
}

func (p *program) certify(dir string) {
	key := testkit.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(p.t)
	of := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	cert := testkit.Must(x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key))(p.t)
	for name, b := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: cert},
		"key.pem": {Type: "PRIVATE KEY", Bytes: testkit.Must(x509.MarshalPKCS8PrivateKey(key))(p.t)}} {
		testkit.NoError(p.t, os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(b), 0o600))
	}
	p.cert.AddCert(testkit.Must(x509.ParseCertificate(cert))(p.t))
}

// works waits until the adapter reports a connection as busy. What a client has sent may arrive later on a busy
// machine.
func (p *program) works() {
	p.t.Helper()
	p.Look("something is busy", func(s testkit.State) bool { return s.Busy > 0 })
}

func (p *program) drains() {
	p.Say(`{"type":"drain","websocket":{"code":1012,"reason":""},"moves":true,"next":true}`)
}

// returns ends the drain, and has the adapter take the connection that it has handed over.
func (p *program) returns() {
	p.t.Helper()
	c := p.Moved()
	p.Say(resume)
	if why := p.Offer(c, c.At, ""); why != "" {
		p.t.Fatal(why)
	}
	testkit.NoError(p.t, c.Close())
}

func (p *program) dial(name string) *testkit.Conn {
	p.t.Helper()
	conn := testkit.Dial(p.t, p.at[name])
	if name == "tls" {
		conn = tls.Client(conn, &tls.Config{RootCAs: p.cert, ServerName: "127.0.0.1"})
	}
	return testkit.ConnOf(p.t, conn)
}

// ask returns the body of the answer to a request, and whether the answer says that the connection ends.
func ask(c *testkit.Conn, path string) (body string, ends bool) {
	_, body, ends = c.Get(path).Answer()
	return body, ends
}

func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" }

const post = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\n, x\r\n0\r\n\r\n"
