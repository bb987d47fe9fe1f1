package proxy

import (
	"strings"
	"testing"
)

// What passes is followed to the end of each answer, however it is cut into pieces.
func TestExchange(t *testing.T) {
	const get, ok = "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	const post = "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
	const chunks = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
	const expect = "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
	const stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	for name, c := range map[string]struct {
		sent  string // by the client, and after > by the server
		rests bool
		last  bool
		plain bool
	}{
		"nothing":                         {"", true, false, true},
		"a request":                       {get, false, false, true},
		"half a head":                     {get[:9], false, false, true},
		"an answer":                       {get + ">" + ok, true, false, true},
		"half a body":                     {get + ">" + ok[:len(ok)-1], false, false, true},
		"a body":                          {post + ">" + ok, true, false, true},
		"an answer before the body's end": {post[:len(post)-1] + ">" + ok, false, false, true},
		"chunks": {"PUT / HTTP/1.1\r\n" + chunks + ">HTTP/1.1 200 OK\r\n" + chunks, true,
			false, true},
		"no last chunk": {get + ">HTTP/1.1 200 OK\r\n" + chunks[:len(chunks)-2], false, false,
			true},
		"of two, one is answered": {get + get + ">" + ok, false, false, true},
		"of two, both are":        {get + get + ">" + ok + ok, true, false, true},
		"interim": {get + ">HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", false, false,
			true},
		"interim, and the answer": {get + ">HTTP/1.1 103 Early Hints\r\n\r\n" + ok, true, false, true},
		"HEAD":                    {"HEAD" + get[3:] + ">" + ok[:len(ok)-2], true, false, true},
		"304": {get + ">HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", true,
			false, true},
		"until the end": {get + ">HTTP/1.1 200 OK\r\n\r\nabc", false, false, true},
		"the server closes": {get +
			">HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", true, true, true},
		"HTTP/1.0": {"GET / HTTP/1.0\r\n\r\n>" + ok, true, true, true},
		"HTTP/1.0 that stays": {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n>" + ok, true, false,
			true},
		"nobody has asked":        {">" + ok, false, false, false},
		"one more than was asked": {get + ">" + ok + ok, false, false, false},
		"a WebSocket":             {get + ">HTTP/1.1 101 Switching Protocols\r\n\r\n", false, false, false},
		"a tunnel":                {"CONNECT x:1 HTTP/1.1\r\n\r\n", false, false, false},
		"HTTP/2":                  {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false, false, false},
		"TLS":                     {"\x16\x03\x01\x02\x00\x01>\x16\x03\x03", false, false, false},
		"two lengths": {"GET / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
			false, false, false},
		"a length and chunks": {"GET / HTTP/1.1\r\nContent-Length: 4\r\n" + chunks, false, false,
			false},
		"a signed length": {"GET / HTTP/1.1\r\nContent-Length: +4\r\n\r\n", false, false, false},
		"another coding": {"GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", false,
			false, false},
		"a folded line": {"GET / HTTP/1.1\r\nA: b\r\n Content-Length: 4\r\n\r\n", false, false,
			false},
		"a space before the colon": {"GET / HTTP/1.1\r\nContent-Length : 4\r\n\r\n", false, false, false},
		"a bare line feed":         {"GET / HTTP/1.1\nContent-Length: 4\r\n\r\n", false, false, false},
		"a bare carriage return": {"GET / HTTP/1.1\r\nA: b\rContent-Length: 4\r\n\r\n", false, false,
			false},
		"a chunk that is longer than it says": {"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
			false, false, false},
		"a chunk's length with a space": {"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n",
			false, false, false},
		"a body to wait for":         {expect + ">HTTP/1.1 100 Continue\r\n\r\n", false, false, true},
		"a body that came":           {expect + "abc>HTTP/1.1 100 Continue\r\n\r\n" + ok, true, false, true},
		"a body that may never come": {expect + ">" + ok, false, false, false},
		"too many requests":          {strings.Repeat(get, askMost+1), false, false, false},
		"an event stream":            {get + ">" + stream, false, false, true},
		"an event stream's end":      {get + ">" + stream + "0\r\n\r\n", true, false, true},
		"a head without end": {"GET / HTTP/1.1\r\nA: " + strings.Repeat("x", headMost), false, false,
			false},
	} {
		asked, answered, _ := strings.Cut(c.sent, ">")
		for _, size := range []int{1, 7, len(c.sent) + 1} {
			var x exchange
			each(asked, size, x.request)
			each(answered, size, x.answer)
			if x.rests() != c.rests || x.last != c.last || x.opaque == c.plain ||
				x.stream != (name == "an event stream") {
				t.Errorf("%s, by %d: rests %v, last %v, opaque %v, stream %v", name, size, x.rests(), x.last, x.opaque,
					x.stream)
			}
			if kept := cap(x.asks.line) + cap(x.answers.line); x.opaque && kept > 0 {
				t.Errorf("%s, by %d: keeps %d bytes that it follows no more", name, size, kept)
			}
		}
	}
}

func each(text string, size int, f func([]byte)) {
	for len(text) > 0 {
		n := min(size, len(text))
		f([]byte(text[:n]))
		text = text[n:]
	}
}

// Whatever comes, in whatever pieces, leads to the same.
func FuzzExchange(f *testing.F) {
	f.Add("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", 3)
	f.Add("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1", 1)
	f.Fuzz(func(t *testing.T, asked, answered string, size int) {
		var whole, parts exchange
		each(asked, len(asked)+1, whole.request)
		each(answered, len(answered)+1, whole.answer)
		each(asked, max(1, size), parts.request)
		each(answered, max(1, size), parts.answer)
		if whole.rests() != parts.rests() || whole.opaque != parts.opaque {
			t.Errorf("whole: %+v; by %d: %+v", whole, size, parts)
		}
	})
}
