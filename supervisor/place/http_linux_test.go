package place

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// httpSession returns generation 3 of a server, without a socket.
func httpSession(t *testing.T, limits store.Limits) *Session {
	s := New(Config{Store: store.New(limits), Ready: true})
	t.Cleanup(func() { _ = s.cfg.Store.Close() })
	ses := s.newSession(3)
	ses.report = func(handoff.Event) {}
	return ses
}

// do sends "METHOD target [header=value…]" and returns "status body".
func do(ses *Session, request, body string) (answer string, h http.Header) {
	words := strings.Fields(request)
	r := httptest.NewRequest(words[0], words[1], strings.NewReader(body))
	for _, word := range words[2:] {
		name, value, _ := strings.Cut(word, "=")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	ses.handler().ServeHTTP(w, r)
	return strings.TrimSpace(fmt.Sprintf("%d %s", w.Code, w.Body)), w.Header()
}

func TestHTTP(t *testing.T) {
	ses := httpSession(t, store.Limits{Keys: 5})
	for _, c := range []struct{ request, body, want, etag string }{
		{"GET /v1/state/k", "", `404 {"error":"the key does not exist","code":"not-found"}`, ``},
		{"PUT /v1/state/k", "{ \"a\":\n[1, 2.50, 1e400] }\n", `204`, `"1"`},
		{"GET /v1/state/k", "", `200 {"a":[1,2.50,1e400]}`, `"1"`},
		{"HEAD /v1/state/k", "", `200`, `"1"`},
		{`GET /v1/state/k If-None-Match="7","1"`, "", `304`, `"1"`},
		{`GET /v1/state/k If-None-Match="7"`, "", `200 {"a":[1,2.50,1e400]}`, `"1"`},
		{"GET /v1/state/k?after=1", "", `304`, `"1"`},
		{`PUT /v1/state/k If-Match="7"`, "1", `412 {"error":"the key has version 1","code":"version","version":1}`, ``},
		{`PUT /v1/state/k If-Match="1"`, "1", `204`, `"2"`},
		{`PUT /v1/state/k If-None-Match=*`, "1", `412 {"error":"the key has version 2","code":"version","version":2}`, ``},
		{`PUT /v1/state/new If-None-Match=*`, "2", `204`, `"3"`},
		{"POST /v1/state/k?add=41", "", `200 42`, `"4"`},
		{"POST /v1/state/none?add=-1", "", `200 -1`, `"5"`},
		{"PUT /v1/state/text", `"text"`, `204`, `"6"`},
		{"POST /v1/state/text?add=1", "", `409 {"error":"not an integer: the key has another value","code":"type"}`, ``},
		{`DELETE /v1/state/text If-Match="1"`, "", `412 {"error":"the key has version 6","code":"version","version":6}`, ``},
		{"DELETE /v1/state/text", "", `204`, ``},
		{"DELETE /v1/state/text", "", `404 {"error":"the key does not exist","code":"not-found"}`, ``},
		{"PUT /v1/state/a%2Fb//../%C3%BC%20 Content-Type=application/octet-stream", "\x00\xff", `204`, `"8"`},
		{"GET /v1/state/a/b/%2F../%C3%BC%20", "", "200 \x00\xff", `"8"`},
		{"PUT /v1/state/empty Content-Type=application/octet-stream;x=y", "", `204`, `"9"`},
		{"GET /v1/state/empty", "", "200", `"9"`},
		{"PUT /v1/state/sixth", "1", `507 {"error":"the store is full: it has 5 keys; delete some, or give them a time to live","code":"full"}`, ``},
		{"GET /v1/state", "", `200 {"items":[{"key":"a/b//../ü ","version":8,"size":2},{"key":"empty","version":9,"size":0},{"key":"k","version":4,"size":2},{"key":"new","version":3,"size":1},{"key":"none","version":5,"size":2}]}`, ``},
		{"GET /v1/state?prefix=n&limit=1", "", `200 {"items":[{"key":"new","version":3,"size":1}],"more":true}`, ``},
		{"GET /v1/state?prefix=n&after=new", "", `200 {"items":[{"key":"none","version":5,"size":2}]}`, ``},
		{"GET /v1/place", "", `200 {"generation":3,"state":"starting","serving":false}`, ``},
		{"GET /v1/place?not=serving&wait=30s", "", `200 {"generation":3,"state":"starting","serving":false}`, ``},
		{"POST /v1/ready", "", `204`, ``},
		{"POST /v1/extend?by=10s", "", `204`, ``},
		{"POST /v1/status", "warming up", `204`, ``},
	} {
		got, h := do(ses, c.request, c.body)
		if got != c.want || h.Get("ETag") != c.etag {
			t.Errorf("%s: %s, ETag %s; want %s, %s", c.request, got, h.Get("ETag"), c.want, c.etag)
		}
	}
	for _, kind := range []struct{ key, want string }{{"k", typeJSON}, {"empty", typeBytes}} {
		if _, h := do(ses, "GET /v1/state/"+kind.key, ""); h.Get("Content-Type") != kind.want {
			t.Errorf("%s has the type %s", kind.key, h.Get("Content-Type"))
		}
	}
}

func TestBadHTTP(t *testing.T) {
	ses := httpSession(t, store.Limits{})
	if got, _ := do(ses, "PUT /v1/state/k", "1"); got != "204" {
		t.Fatal(got)
	}
	for _, c := range []struct{ request, body, want string }{
		{"GET /", "", "404 not-found"}, {"GET /v1/states", "", "404 not-found"}, {"GET /v2/state/k", "", "404 not-found"},
		{"GET /v1/state/", "", "400 bad-request"}, {"DELETE /v1/state/", "", "400 bad-request"}, {"PUT /v1/state/", "1", "400 bad-request"},
		{"GET /v1/state/%FF", "", "400 bad-request"}, {"GET /v1/state/k?after=1&wait=1;x", "", "400 bad-request"},
		{"GET /v1/state/k?wait=1s", "", "400 bad-request"}, {"GET /v1/state/k?after=x", "", "400 bad-request"},
		{"GET /v1/state/k?after=1&wait=30", "", "400 bad-request"}, {"GET /v1/state/k?after=1&wait=2h", "", "400 bad-request"},
		{"GET /v1/state/k?after=1&wait=-1s", "", "400 bad-request"}, {"GET /v1/state?limit=0", "", "400 bad-request"},
		{"PATCH /v1/state/k", "1", "405 bad-request"}, {"POST /v1/state", "", "405 bad-request"}, {"GET /v1/ready", "", "405 bad-request"},
		{"PUT /v1/state/k", "", "400 bad-request"}, {"PUT /v1/state/k", "{", "400 bad-request"}, {"PUT /v1/state/k", "1 2", "400 bad-request"},
		{"PUT /v1/state/k", "\"\xff\"", "400 bad-request"}, {"PUT /v1/state/k?ttl=1", "1", "400 bad-request"}, {"PUT /v1/state/k?ttl=0s", "1", "400 bad-request"},
		{"PUT /v1/state/k If-Match=1", "1", "400 bad-request"}, {`PUT /v1/state/k If-Match="1","2"`, "1", "400 bad-request"}, {"PUT /v1/state/k If-Match=*", "1", "400 bad-request"},
		{`PUT /v1/state/k If-None-Match="1"`, "1", "400 bad-request"}, {`PUT /v1/state/k If-None-Match=* If-Match="1"`, "1", "400 bad-request"},
		{"POST /v1/state/k", "", "400 bad-request"}, {"POST /v1/state/k?add=1.5", "", "400 bad-request"},
		{"GET /v1/place?wait=1s", "", "400 bad-request"}, {"POST /v1/extend", "", "400 bad-request"}, {"POST /v1/extend?by=x", "", "400 bad-request"},
		{"PUT /v1/state/" + strings.Repeat("k", 513), "1", "413 too-large"},
		{"GET /v1/state/" + strings.Repeat("k", 513) + "?wait=1h&after=0", "", "413 too-large"},
		{"PUT /v1/state/k", `"` + strings.Repeat("v", 1<<20) + `"`, "413 too-large"},
		{"PUT /v1/state/k", strings.Repeat(" ", maxBody) + "1", "413 too-large"},
		{"PUT /v1/state/k Content-Type=application/octet-stream", strings.Repeat("v", 1<<20+1), "413 too-large"},
	} {
		got, h := do(ses, c.request, c.body)
		status, code, _ := strings.Cut(c.want, " ")
		if !strings.HasPrefix(got, status+` {"error":"`) || !strings.Contains(got, `","code":"`+code+`"}`) {
			t.Errorf("%.80s %.20q: %.200s, want %s", c.request, c.body, got, c.want)
		}
		if status == "405" && h.Get("Allow") == "" {
			t.Errorf("%s: no Allow", c.request)
		}
	}
	if got, _ := do(ses, "GET /v1/state/k", ""); got != "200 1" {
		t.Errorf("what was refused has changed the value: %s", got)
	}
	if got, _ := do(ses, "PUT /v1/state/k Content-Type=application/octet-stream", strings.Repeat("v", 1<<20)); got != "204" {
		t.Errorf("a value of 1 MiB: %s", got)
	}
}

// An answer says nothing that is not on the disk, also if another client's commit has failed meanwhile.
func TestHTTPUnsaved(t *testing.T) {
	full := disk{make(chan int, 99), make(chan struct{})}
	close(full.ends)
	s, err := store.Open(store.Limits{}, full)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ses := New(Config{Store: s}).newSession(3)
	const unsaved = `503 {"error":"the state cannot be written to the disk: not saved: no space left","code":"unavailable"}`
	for _, request := range []string{"PUT /v1/state/k", "POST /v1/state/k?add=1"} {
		if got, _ := do(ses, request, "1"); got != unsaved {
			t.Errorf("%s: %s", request, got)
		}
	}
	if got, _ := do(ses, "GET /v1/state/k", ""); !strings.HasPrefix(got, "404 ") {
		t.Errorf("what was not saved is there: %s", got)
	}
	a := ses.answer(httptest.NewRecorder(), httptest.NewRequest("PUT", "/v1/state/k", nil))
	if _, err := s.Set("k", store.Value{JSON: []byte("1")}, store.Write{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(t.Context()); err == nil {
		t.Fatal("the other client's commit has not failed")
	}
	if err := a.durable(); err == nil {
		t.Error("what another client's failed commit has taken back counts as saved")
	}
}

func TestHTTPWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ses := httpSession(t, store.Limits{})
		ask := func(request string) <-chan string {
			answer := make(chan string, 1)
			began := time.Now()
			go func() {
				got, _ := do(ses, request, "")
				answer <- fmt.Sprintf("%s after %v", got, time.Since(began))
			}()
			synctest.Wait()
			return answer
		}
		is := func(answer <-chan string, want string) {
			t.Helper()
			if got := <-answer; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		waits := func(answer <-chan string) {
			t.Helper()
			synctest.Wait()
			select {
			case got := <-answer:
				t.Errorf("it does not wait: %s", got)
			default:
			}
		}
		const missing = `404 {"error":"the key does not exist","code":"not-found"}`

		a := ask("GET /v1/state/k?after=0&wait=30s")
		waits(a)
		do(ses, "PUT /v1/state/other", "1")
		waits(a)
		time.Sleep(5 * time.Second)
		do(ses, "PUT /v1/state/k?ttl=1m", "2")
		is(a, "200 2 after 5s")
		is(ask("GET /v1/state/k?after=0&wait=30s"), "200 2 after 0s")
		is(ask("GET /v1/state/k?after=2&wait=30s"), "304 after 30s")
		is(ask("GET /v1/state/k?after=2&wait=1h"), missing+" after 30s") // it has expired
		is(ask("GET /v1/state/k?after=0&wait=30s"), missing+" after 30s")

		a = ask("GET /v1/place?not=starting&wait=1m")
		waits(a)
		ses.of.Tell([]Place{{Gen: 2, State: Serving, Serving: true, Foremost: true}, {Gen: 3, State: Starting}})
		waits(a)
		ses.of.Tell([]Place{{Gen: 2, State: Held}, {Gen: 3, State: Serving, Serving: true, Foremost: true}})
		is(a, `200 {"generation":3,"state":"serving","serving":true} after 0s`)
		ses.of.Tell([]Place{{Gen: 3, State: Draining, Deadline: time.Now().Add(7 * time.Second)}})
		is(ask("GET /v1/place?not=serving&wait=1m"), `200 {"generation":3,"state":"draining","serving":false,"deadlineMs":7000} after 0s`)
		is(ask("GET /v1/place?not=draining&wait=1s"), `200 {"generation":3,"state":"draining","serving":false,"deadlineMs":6000} after 1s`)

		// As many wait as may, and one more.
		var all []<-chan string
		for range maxWaiting {
			all = append(all, ask("GET /v1/state/k?after=0&wait=30s"))
		}
		is(ask("GET /v1/state/k?after=0&wait=30s"), `507 {"error":"128 requests of this generation wait already","code":"full"} after 0s`)
		for _, a := range all {
			is(a, missing+" after 30s")
		}
		a = ask("GET /v1/state/k?after=0&wait=30s")
		waits(a)
		is(a, missing+" after 30s")
	})
}

// httpClient returns a client of a generation, and how many connections it has made.
func (w *world) httpClient(gen handoff.GenID) (*http.Client, *atomic.Int64) {
	var dials atomic.Int64
	tr := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		dials.Add(1)
		return net.Dial("unix", w.env[gen])
	}}
	w.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: waitBound}, &dials
}

func fetch(t *testing.T, c *http.Client, method, path, body string) string {
	t.Helper()
	r, err := http.NewRequest(method, "http://hotswap"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", res.StatusCode, b))
}

// Both forms see one state, a connection takes many requests, and the line protocol can read what HTTP wrote.
func TestHTTPOverTheSocket(t *testing.T) {
	w := newWorld(t, Config{Ready: true})
	w.start(1)
	w.at("1 starting")
	c, dials := w.httpClient(1)
	lines := w.client(1)
	if got := fetch(t, c, "PUT", "/v1/state/k", "{\r\n \"a\" : 1\r\n}"); got != "204" {
		t.Fatal(got)
	}
	lines.ask(`{"id":2,"op":"get","key":"k"}`, `{"id":2,"value":{"a":1},"version":1}`)
	for i := range 50 {
		if got := fetch(t, c, "POST", "/v1/state/n?add=1", ""); got != fmt.Sprintf("200 %d", i+1) {
			t.Fatal(got)
		}
	}
	big := strings.Repeat("v", 1<<20-2)
	if got := fetch(t, c, "PUT", "/v1/state/big", `"`+big+`"`); got != "204" {
		t.Fatal(got)
	}
	if got := fetch(t, c, "GET", "/v1/state/big", ""); got != `200 "`+big+`"` {
		t.Fatalf("%.100s", got)
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
	fetch(t, c, "POST", "/v1/ready", "")
	fetch(t, c, "POST", "/v1/extend?by=10s", "")
	fetch(t, c, "POST", "/v1/status", "warm\x1bing "+strings.Repeat("x", 1<<20))
	for _, want := range []string{"handoff.Ready{", "handoff.ExtendTimeout{", `handoff.Status{Gen:1, Text:"warm\\u001bing x`} {
		if got := fmt.Sprintf("%#v", <-w.events); !strings.HasPrefix(got, want) || len(got) > 2*maxStatus {
			t.Errorf("%.200s, want %s", got, want)
		}
	}
}

// A request that waits longer than a request may take to be sent is answered, and it ends with its client
// and with its generation.
func TestHTTPWaitsOverTheSocket(t *testing.T) {
	was := requestTime
	requestTime = 50 * time.Millisecond
	w := newWorld(t, Config{})
	t.Cleanup(func() { w.end[1](); requestTime = was })
	w.start(1)
	c := w.dial(1)
	c.send("GET /v1/state/k?after=0&wait=1m HTTP/1.1\r\nHost: hotswap\r\n\r")
	lines := w.client(1)
	w.Server.mu.Lock()
	ses := w.sessions[1]
	w.Server.mu.Unlock()
	waiting := func(want int64) {
		t.Helper()
		for end := time.Now().Add(waitBound); ses.waiting.Load() != want; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d requests wait, want %d", ses.waiting.Load(), want)
			}
		}
	}
	waiting(1)
	half := w.dial(1)
	half.send("GET /v1/place HTTP/1.1")
	if _, err := io.ReadAll(half.lines); err != nil { // the server closes it when the time is over
		t.Fatal(err)
	}
	lines.ask(`{"id":2,"op":"set","key":"k","value":5}`, `{"id":2,"version":1}`)
	if got := c.line(); got != "HTTP/1.1 200 OK\r" {
		t.Fatal(got)
	}
	waiting(0)
	gone := w.dial(1)
	gone.send("GET /v1/state/k?after=1&wait=1m HTTP/1.1\r\nHost: hotswap\r\n\r")
	waiting(1)
	gone.conn.Close()
	waiting(0)
	stays := w.dial(1)
	stays.send("GET /v1/state/k?after=1&wait=1m HTTP/1.1\r\nHost: hotswap\r\n\r")
	waiting(1)
	w.end[1]()
	if rest, _ := io.ReadAll(stays.lines); len(rest) > 0 && !bytes.HasPrefix(rest, []byte("HTTP/1.1 503 ")) {
		t.Errorf("%.200q", rest)
	}
	waiting(0)
}

// What is no request is answered with 400 or not at all, and disturbs nobody.
func TestHTTPGarbage(t *testing.T) {
	w := newWorld(t, Config{})
	w.start(1)
	other := w.client(1)
	for _, text := range []string{
		"\r\n\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x00\x01\x02\r\n\r\n", " {\"id\":1}\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET /v1/place HTTP/1.1\r\n\r\n",
		"GET /v1/place HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n",
	} {
		c := w.dial(1)
		go func() {
			_, _ = c.conn.Write([]byte(text))
			_ = c.conn.CloseWrite()
		}()
		answer, err := io.ReadAll(c.lines)
		if first, _, _ := strings.Cut(string(answer), "\r\n"); first != "" && !strings.HasPrefix(first, "HTTP/1.1 4") && !strings.HasPrefix(first, "HTTP/1.1 505") {
			t.Errorf("%.40q: %s, %v", text, first, err)
		}
	}
	other.quiet()
}
