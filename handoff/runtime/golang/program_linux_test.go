package golang

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/rights"
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
	t    *testing.T
	link *net.UnixConn
	in   rights.Reader
	text *bufio.Reader
	at   map[string]string // where its servers listen, by name
	cert *x509.CertPool
}

type reader struct{ *rights.Reader }

func (r reader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	return max(n, 0), err
}

// line is what the adapter says.
type line struct {
	Type, At, Error                  string
	Port, ID, Seq, Busy, Connections int
	Streams, Stays                   int
}

func start(t *testing.T) *program {
	t.Helper()
	path := testkit.Must(built())(t)
	dir := t.TempDir()
	socket := filepath.Join(dir, "hotswap")
	l := testkit.Must(net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"}))(t)
	defer l.Close()
	p := launch(t, path, dir, "HOTSWAP_WIRE="+socket)
	p.link = testkit.Must(l.AcceptUnix())(t)
	t.Cleanup(func() { _ = p.link.Close() })
	testkit.NoError(t, p.link.SetDeadline(time.Now().Add(testkit.Patience)))
	p.in.Conn = p.link
	p.text = bufio.NewReader(reader{&p.in})
	p.hears("hello")
	return p
}

// launch starts a program in a folder, with which no hotswap speaks.
func launch(t *testing.T, path, dir string, env ...string) *program {
	t.Helper()
	p := &program{t: t, at: map[string]string{}, cert: x509.NewCertPool()}
	p.certify(dir)
	cmd := exec.Command(path, filepath.Join(dir, "app"))
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), env...), os.Stderr
	in := testkit.Must(cmd.StdinPipe())(t)
	out := testkit.Must(cmd.StdoutPipe())(t)
	testkit.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	for s := bufio.NewScanner(out); s.Scan() && s.Text() != ""; {
		name, at, _ := strings.Cut(s.Text(), " ")
		p.at[name] = at
	}
	return p
}

func (p *program) certify(dir string) {
	key := testkit.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(p.t)
	of := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	cert := testkit.Must(x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key))(p.t)
	for name, b := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: testkit.Must(x509.MarshalPKCS8PrivateKey(key))(p.t)}} {
		testkit.NoError(p.t, os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(b), 0o600))
	}
	p.cert.AddCert(testkit.Must(x509.ParseCertificate(cert))(p.t))
}

// next returns what the adapter says next.
func (p *program) next() (l line) {
	p.t.Helper()
	text, err := p.text.ReadString('\n')
	if err != nil {
		p.t.Fatalf("hotswap hears no more: %v", err)
	}
	testkit.NoError(p.t, json.Unmarshal([]byte(text), &l))
	return l
}

// hears waits for a line of that type.
func (p *program) hears(kind string) line {
	p.t.Helper()
	return p.until(func(l line) bool { return l.Type == kind })
}

func (p *program) until(is func(line) bool) (l line) {
	p.t.Helper()
	for l = p.next(); !is(l); l = p.next() {
	}
	return l
}

func (p *program) says(format string, args ...any) {
	p.t.Helper()
	_, err := fmt.Fprintf(p.link, format+"\n", args...)
	testkit.NoError(p.t, err)
}

// works waits until the adapter reports a connection as busy. What a client has sent may arrive later on a busy machine.
func (p *program) works() {
	p.t.Helper()
	for seq, busy := 1, false; !busy; seq++ {
		p.says(`{"type":"look","seq":%d}`, seq)
		busy = p.until(func(l line) bool { return l.Seq == seq }).Busy > 0
	}
}

func (p *program) drains() {
	p.says(`{"type":"drain","websocket":{"code":1012,"reason":""},"moves":true,"next":true}`)
}

// gets returns the connection that the adapter hands over, which then has no other owner.
func (p *program) gets() (fd int, at string) {
	p.t.Helper()
	l := p.hears("move")
	if len(p.in.FDs) == 0 {
		p.t.Fatal("no descriptor came with a connection")
	}
	fd, p.in.FDs = p.in.FDs[0], p.in.FDs[1:]
	p.says(`{"type":"got"}`)
	return fd, l.At
}

// gives has the adapter take a connection, and returns what it answers.
func (p *program) gives(id, fd int, at, more string) line {
	p.t.Helper()
	text := fmt.Sprintf(`{"type":"conn","id":%d,"at":%q,"untilMs":%d%s}`+"\n", id, at, time.Now().Add(time.Minute).UnixMilli(), more)
	_, _, err := p.link.WriteMsgUnix([]byte(text), syscall.UnixRights(fd), nil)
	testkit.NoError(p.t, err)
	_ = syscall.Close(fd)
	return p.until(func(l line) bool { return l.Type == "taken" && l.ID == id })
}

// returns ends the drain, and has the adapter take a connection that it has handed over.
func (p *program) returns(fd int, at string) {
	p.t.Helper()
	p.says(`{"type":"resume"}`)
	if l := p.gives(1, fd, at, ""); l.Error != "" {
		p.t.Fatal(l.Error)
	}
}

// client keeps a connection.
type client struct {
	*bufio.Reader
	net.Conn
	t *testing.T
}

func (p *program) dial(name string) client {
	p.t.Helper()
	network := "tcp"
	if name == "unix" {
		network = "unix"
	}
	conn := testkit.Must(net.Dial(network, p.at[name]))(p.t)
	if name == "tls" {
		conn = tls.Client(conn, &tls.Config{RootCAs: p.cert, ServerName: "127.0.0.1"})
	}
	p.t.Cleanup(func() { _ = conn.Close() })
	testkit.NoError(p.t, conn.SetDeadline(time.Now().Add(testkit.Patience)))
	return client{bufio.NewReader(conn), conn, p.t}
}

func (c client) Read(b []byte) (int, error) { return c.Reader.Read(b) }

func (c client) writes(text string) {
	c.t.Helper()
	_, err := io.WriteString(c.Conn, text)
	testkit.NoError(c.t, err)
}

// reads returns the body of the next answer, and whether the answer says that the connection ends.
func (c client) reads() (body string, ends bool) {
	c.t.Helper()
	res := testkit.Must(http.ReadResponse(c.Reader, nil))(c.t)
	b := testkit.Must(io.ReadAll(res.Body))(c.t)
	return string(b), res.Close
}

func (c client) asks(request string) (body string, ends bool) {
	c.t.Helper()
	c.writes(request)
	return c.reads()
}

func (c client) ends() {
	c.t.Helper()
	if b, err := io.ReadAll(c.Reader); err != nil || len(b) > 0 {
		c.t.Errorf("%q, %v instead of the end of the connection", b, err)
	}
}

func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n" }

const post = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\n, x\r\n0\r\n\r\n"
