package drain

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
)

// frame is a frame of a client with length bytes of content.
func frame(first byte, length int) string {
	b := []byte{first}
	switch {
	case length < 126:
		b = append(b, 0x80|byte(length))
	case length < 1<<16:
		b = append(b, 0xfe, byte(length>>8), byte(length))
	default:
		b = append(b, 0xff, 0, 0, 0, 0, byte(length>>24), byte(length>>16), byte(length>>8), byte(length))
	}
	return string(b) + "mask" + strings.Repeat("x", length)
}

const chunky = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"

func TestKind(t *testing.T) {
	for text, want := range map[string]kind{
		"":                         kindPart,
		"G":                        kindPart,
		"GET":                      kindPart,
		"GET /":                    kindPart,
		"GET / HTTP/1.1":           kindPart,
		"GET / HTTP/1.1\r\nHost: ": kindPart,
		"GET / HTTP/1.1\r\n\r\n":   kindRequest,
		"GET /a?b HTTP/1.0\r\nHost: x\r\nA: b\r\n\r\nbody":                                    kindRequest,
		"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n":                                        kindRequest,
		"POST / HTTP/1.1\r\nContent-Length: 5000000\r\n\r\n":                                  kindStays,
		"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n":                                        kindStays,
		"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n":                                        kindForeign,
		"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n":                   kindStays,
		"POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n":                                       kindStays,
		"POST / HTTP/1.1\r\nContent-Length: \r\n\r\n":                                         kindStays,
		"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": kindStays,
		"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n":                kindStays,
		"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n":                      kindStays,
		"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n":                                                kindOther,
		"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n":                                                   kindOther,
		chunky + "0\r\n\r\n":                                                                  kindRequest,
		chunky + "5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\nGET":                                     kindRequest,
		chunky:                              kindPart,
		chunky + "5\r\nhel":                 kindPart,
		chunky + "5\r\nhello\r":             kindPart,
		chunky + "0\r\n\r":                  kindPart,
		chunky + "5\r\nhelloo\r\n0\r\n\r\n": kindStays,
		chunky + "-1\r\n":                   kindStays,
		chunky + "5\n":                      kindStays,
		chunky + "0\r\nA\r\n\r\n":           kindStays,
		chunky + "200000\r\n":               kindStays,
		strings.Replace(chunky, "Transfer", "Expect: 100-continue\r\nTransfer", 1): kindStays,
		"M-SEARCH * HTTP/1.1\r\nHost: x\r\n\r\n":                                   kindRequest,
		"GET / HTTP/1.1\r\nHost\r\n\r\n":                                           kindOther,
		"GET / HTTP/1.1\r\nHost : x\r\n\r\n":                                       kindOther,
		"GET / HTTP/1.1\nHost: x\n\n":                                              kindOther,
		"GET /a b HTTP/1.1\r\n\r\n":                                                kindOther,
		"GET / HTTP/2\r\n\r\n":                                                     kindOther,
		"GET  HTTP/1.1\r\n\r\n":                                                    kindOther,
		"CONNECT a:1 HTTP/1.1\r\n\r\n":                                             kindForeign,
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":                                         kindForeign,
		"\x16\x03\x01\x02\x00\x01":                                                 kindForeign,
		"\x17\x03\x03":                                                             kindForeign,
		"hello":                                                                    kindOther,
		"{\"a\": 1}":                                                               kindOther,
		"GET / " + strings.Repeat("x", peekMost):                                   kindOther,
		"GET / HTTP/1.1\r\nA: " + strings.Repeat("x", peekMost):                    kindOther,
		strings.Repeat("A", methodMost+1):                                          kindOther,
		frame(0x81, 20):                                                            kindFrames,
		frame(0x81, 20) + frame(0x89, 4):                                           kindFrames,
		frame(0x82, 70000):                                                         kindFrames,
		frame(0x81, 20)[:10]:                                                       kindOther,
	} {
		if got := requestIn([]byte(text), 1<<20).kind; got != want {
			t.Errorf("%.40q: %d, want %d", text, got, want)
		}
	}
}

// Exactly the bytes of one request are taken, as Go's server reads them, wherever the input ends so far.
func FuzzRequest(f *testing.F) {
	f.Add("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n", 7)
	f.Add(chunky+"5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\nGET / HTTP/1.1\r\n\r\n", 60)
	f.Add(chunky+"0005\r\nhello\r\n00\r\n\r\n", 70)
	f.Add(frame(0x81, 3), 1)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		if len(text) > 2000 {
			return
		}
		q := requestIn([]byte(text), 1<<20)
		if q.kind != kindRequest {
			return
		}
		if q.total <= len(text) { // a part of it is waited for, or let go as one of unknown length
			part := requestIn([]byte(text[:max(0, min(cut, q.head-1))]), 1<<20)
			if part.kind != kindPart {
				t.Fatalf("%q is of kind %d", text[:cut], part.kind)
			}
		}
		from := bufio.NewReader(strings.NewReader(text))
		was, err := http.ReadRequest(from)
		if err != nil {
			return // Go is stricter with targets and names
		}
		_, err = io.Copy(io.Discard, was.Body)
		if q.total > len(text) {
			if err == nil {
				t.Fatalf("%q is a whole request to Go, but %d bytes to hotswap", text, q.total)
			}
			return
		}
		rest, _ := io.ReadAll(from)
		if err != nil || len(text)-len(rest) != q.total {
			t.Fatalf("%q: %d bytes, but %d to Go, %v", text, q.total, len(text)-len(rest), err)
		}
	})
}

// A request inside a tunnel names whom it is for, not this program.
func TestNamesPort(t *testing.T) {
	for head, want := range map[string]bool{
		"Host: localhost:4000": true, "host:127.0.0.1:4000 ": true, "Host: [::1]:4000": true, "A: b\r\nHost: a:4000": true,
		"Host: backend": false, "Host: backend:80": false, "Host: [::4000]": false, "A: b:4000": false, "": false, "Host: a:04000": false,
	} {
		if got := namesPort([]byte("GET / HTTP/1.1\r\n"+head+"\r\n\r\n"), 4000); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
	if !namesPort([]byte("GET / HTTP/1.1\r\nHost: backend\r\n\r\n"), 80) {
		t.Error("the port that need not be named")
	}
}
