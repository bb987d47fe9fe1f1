package drain

import (
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

func TestKind(t *testing.T) {
	for text, want := range map[string]kind{
		"":                         kindPart,
		"G":                        kindPart,
		"GET":                      kindPart,
		"GET /":                    kindPart,
		"GET / HTTP/1.1":           kindPart,
		"GET / HTTP/1.1\r\nHost: ": kindPart,
		"GET / HTTP/1.1\r\n\r\n":   kindRequest,
		"GET /a?b HTTP/1.0\r\nHost: x\r\nA: b\r\n\r\nbody":      kindRequest,
		"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n":          kindRequest,
		"POST / HTTP/1.1\r\nContent-Length: 5000000\r\n\r\n":    kindStays,
		"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n":          kindStays,
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n": kindStays,
		"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n":          kindStays,
		"M-SEARCH * HTTP/1.1\r\nHost: x\r\n\r\n":                kindRequest,
		"GET / HTTP/1.1\r\nHost\r\n\r\n":                        kindOther,
		"GET / HTTP/1.1\r\nHost : x\r\n\r\n":                    kindOther,
		"GET / HTTP/1.1\nHost: x\n\n":                           kindOther,
		"GET /a b HTTP/1.1\r\n\r\n":                             kindOther,
		"GET / HTTP/2\r\n\r\n":                                  kindOther,
		"GET  HTTP/1.1\r\n\r\n":                                 kindOther,
		"CONNECT a:1 HTTP/1.1\r\n\r\n":                          kindOther,
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":                      kindForeign,
		"\x16\x03\x01\x02\x00\x01":                              kindForeign,
		"\x17\x03\x03":                                          kindForeign,
		"hello":                                                 kindOther,
		"{\"a\": 1}":                                            kindOther,
		"GET / " + strings.Repeat("x", peekMost):                kindOther,
		"GET / HTTP/1.1\r\nA: " + strings.Repeat("x", peekMost): kindOther,
		strings.Repeat("A", methodMost+1):                       kindOther,
		frame(0x81, 20):                                         kindFrames,
		frame(0x81, 20) + frame(0x89, 4):                        kindFrames,
		frame(0x82, 70000):                                      kindFrames,
		frame(0x81, 20)[:10]:                                    kindOther,
	} {
		if got := kindOf([]byte(text)); got != want {
			t.Errorf("%.40q: %d, want %d", text, got, want)
		}
	}
}

// What is a request was the beginning of one before it was whole, so it is waited for.
func FuzzKind(f *testing.F) {
	f.Add("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
	f.Add(frame(0x81, 3))
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 || kindOf([]byte(text)) != kindRequest {
			return
		}
		whole := strings.Index(text, "\r\n\r\n") + 4
		if whole < 4 {
			t.Fatalf("%q has no whole head", text)
		}
		for n := range whole {
			if k := kindOf([]byte(text[:n])); k != kindPart {
				t.Fatalf("%q: %d", text[:n], k)
			}
		}
	})
}
