package place

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestState(t *testing.T) {
	w := begin(t, 1, 2)
	a, b := w.client(1), w.client(2)
	a.ask(`{"id":2,"op":"get","key":"k"}`, `{"id":2,"missing":true}`)
	a.ask(`{"id":3,"op":"set","key":"k","value":{"a":[1,null]}}`, `{"id":3,"version":1}`)
	b.ask(`{"id":2,"op":"get","key":"k"}`, `{"id":2,"value":{"a":[1,null]},"version":1}`)
	b.ask(`{"id":3,"op":"set","key":"k","bytes":"AP8="}`, `{"id":3,"version":2}`)
	a.ask(`{"id":4,"op":"get","key":"k"}`, `{"id":4,"bytes":"AP8=","version":2}`)
	a.ask(`{"id":5,"op":"set","key":"k","value":null,"ifVersion":1}`,
		`{"id":5,"error":"the key has another version","code":"version"}`)
	a.ask(`{"id":5,"op":"set","key":"k","value":null,"ifVersion":2}`, `{"id":5,"version":3}`)
	a.ask(`{"id":6,"op":"get","key":"k"}`, `{"id":6,"value":null,"version":3}`)
	a.ask(`{"id":7,"op":"add","key":"n"}`, `{"id":7,"value":1,"version":4}`)
	a.ask(`{"id":8,"op":"add","key":"n","by":-3}`, `{"id":8,"value":-2,"version":5}`)
	a.ask(`{"id":9,"op":"add","key":"k"}`, `{"id":9,"error":"not an integer: the key has another value","code":"type"}`)
	a.ask(`{"id":10,"op":"list"}`,
		`{"id":10,"items":[{"key":"k","version":3,"size":4},{"key":"n","version":5,"size":2}]}`)
	a.ask(`{"id":10,"op":"list","prefix":"n","after":"n"}`, `{"id":10,"items":[]}`)
	a.ask(`{"id":11,"op":"delete","key":"k"}`, `{"id":11,"deleted":true}`)
	a.ask(`{"id":12,"op":"delete","key":"k"}`, `{"id":12,"deleted":false}`)
}

// What is malformed is answered, and the connection ends if the request has no id. No other one is disturbed.
func TestBadRequests(t *testing.T) {
	w := begin(t, 1)
	other := w.client(1)
	c := w.dial(1)
	c.ask(`{"id":1,"op":"get","key":"k"}`, `{"id":1,"error":"hello comes first","code":"bad-request"}`)
	c.ask(`{"id":1,"op":"hello","version":2}`,
		`{"id":1,"error":"this hotswap speaks version 1 of the protocol, not 2","code":"unavailable"}`)
	c.ask(`{"id":1,"op":"hello","version":1,"future":[]}`, `{"id":1,"version":1}`)
	for line, code := range map[string]string{
		`{"id":2,"op":"get"}`: codeBad, `{"id":2}`: codeBad, `{"op":7,"id":2}`: codeBad,
		`{"id":2,"op":"nothing"}`: codeBad, `{"id":2,"op":"set","key":"k"}`: codeBad,
		`{"id":2,"op":"set","key":"k","value":1,"bytes":""}`:     codeBad,
		`{"id":2,"op":"set","key":"k","bytes":"?"}`:              codeBad,
		`{"id":2,"op":"set","key":"k","value":1,"ttlMs":-1}`:     codeBad,
		`{"id":2,"op":"set","key":"k","value":1,"ttlMs":1e30}`:   codeBad,
		`{"id":2,"op":"set","key":"k","value":1,"ifVersion":-1}`: codeBad,
		`{"id":2,"op":"watch","key":"a"}`:                        codeBad,
		`{"id":2,"op":"defined","value":1}`:                      codeBad, `{"id":2,"op":"failed"}`: codeBad,
		`{"id":2,"op":"done","seq":1}`: codeBad,
		`{"id":2,"op":"release"}`:      codeBad, `{"id":2,"op":"lease"}`: codeBad,
		`{"id":2,"op":"define","key":"` + strings.Repeat("k", 600) + `"}`: codeLarge,
		`{"id":2,"op":"cancel"}`: codeCanceled,
		`{"id":2,"op":"get","key":"` + strings.Repeat("k", 600) + `"}`:               "",
		`{"id":2,"op":"set","value":1,"key":"` + strings.Repeat("k", 600) + `"}`:     codeLarge,
		`{"id":2,"op":"lease","name":"` + strings.Repeat("k", 600) + `"}`:            codeLarge,
		`{"id":2,"op":"set","key":"k","value":"` + strings.Repeat("v", 1<<20) + `"}`: codeLarge,
	} {
		c.send(line)
		if got := c.line(); !strings.HasPrefix(got, `{"id":2,`) ||
			code != "" && !strings.Contains(got, `"code":"`+code+`"`) {
			t.Errorf("%.80q: %s, want %s", line, got, code)
		}
	}
	c.quiet()
	for _, line := range []string{
		``, `{`, `[]`, `{"op":"get","key":"k"}`, `{"id":0,"op":"get","key":"k"}`, `{"id":-1,"op":"get","key":"k"}`,
		`{"id":1.5,"op":"get","key":"k"}`, `{"id":"1","op":"get","key":"k"}`,
		"{\"id\":2,\"op\":\"get\",\"key\":\"\xff\"}",
	} {
		c := w.client(1)
		c.send(line)
		if got := c.line(); !strings.HasPrefix(got, `{"error":`) || !strings.Contains(got, `"code":"bad-request"`) {
			t.Errorf("%.80q: %s", line, got)
		}
		c.gone()
	}
	other.quiet()
}

// A line that is too long ends the connection. The limit leaves room for every value.
func TestLongLine(t *testing.T) {
	w := begin(t, 1)
	c := w.client(1)
	value := strings.Repeat("v", 1<<20-2)
	c.ask(`{"id":8,"op":"set","key":"k","value":"`+value+`"}`, `{"id":8,"version":1}`)
	c.ask(`{"id":9,"op":"get","key":"k"}`, `{"id":9,"value":"`+value+`","version":1}`)
	bytes := base64.StdEncoding.EncodeToString(make([]byte, 1<<20))
	c.ask(`{"id":8,"op":"set","key":"k","bytes":"`+bytes+`"}`, `{"id":8,"version":2}`)
	c.ask(`{"id":9,"op":"get","key":"k"}`, `{"id":9,"bytes":"`+bytes+`","version":2}`)
	quiet := `{"id":9,"op":"get","key":"quiet"}`
	c.ask(quiet+strings.Repeat(" ", maxLine-len(quiet)), `{"id":9,"missing":true}`)
	go func() { _, _ = c.conn.Write([]byte(quiet + strings.Repeat(" ", 2*maxLine) + "\n")) }()
	c.hears(fmt.Sprintf(`{"error":"the line is longer than %d bytes","code":"too-large"}`, maxLine))
	c.gone()
}

func TestDefine(t *testing.T) {
	w := begin(t, 1, 2)
	a, b, c := w.client(1), w.client(1), w.client(2)
	a.ask(`{"id":2,"op":"define","key":"k"}`, `{"id":2,"run":true}`)
	b.send(`{"id":3,"op":"define","key":"k"}`)
	b.quiet()
	c.send(`{"id":4,"op":"define","key":"k"}`)
	c.quiet()
	a.ask(`{"id":2,"op":"failed","error":"no \u001b[31m luck"}`,
		`{"id":2,"error":"no \\u001b[31m luck","code":"failed"}`)
	b.hears(`{"id":3,"run":true}`)
	b.conn.Close() // its process counts as failed
	c.hears(`{"id":4,"run":true}`)
	a.send(`{"id":5,"op":"define","key":"k"}`)
	a.quiet()
	c.ask(`{"id":4,"op":"defined","value":"v"}`, `{"id":4,"value":"v","version":1}`)
	a.hears(`{"id":5,"value":"v","version":1}`)
	a.ask(`{"id":6,"op":"define","key":"k"}`, `{"id":6,"value":"v","version":1}`)
	a.ask(`{"id":7,"op":"define","key":"l"}`, `{"id":7,"run":true}`)
	a.ask(`{"id":7,"op":"get","key":"k"}`, `{"id":7,"error":"request 7 is still open","code":"bad-request"}`)
	c.send(`{"id":8,"op":"define","key":"l"}`)
	c.quiet()
	a.ask(`{"id":7,"op":"cancel"}`, `{"id":7,"error":"the request was cancelled","code":"canceled"}`)
	c.hears(`{"id":8,"run":true}`)
	b = w.client(1) // what is set while the initializer runs, is what the others get
	b.send(`{"id":3,"op":"define","key":"l"}`)
	b.quiet()
	a.ask(`{"id":9,"op":"set","key":"l","value":1}`, `{"id":9,"version":2}`)
	b.hears(`{"id":3,"value":1,"version":2}`)
	c.ask(`{"id":9,"op":"define","key":"n"}`, `{"id":9,"run":true}`)
	b.send(`{"id":3,"op":"define","key":"n"}`)
	b.quiet()
	a.ask(`{"id":9,"op":"add","key":"n"}`, `{"id":9,"value":1,"version":3}`)
	b.hears(`{"id":3,"value":1,"version":3}`)
}

func TestOpenRequestsAreBounded(t *testing.T) {
	w := begin(t, 1, 2)
	c := w.client(1)
	for i := range maxOpens {
		c.send(fmt.Sprintf(`{"id":%d,"op":"place"}`, i+2))
		if line := c.line(); !strings.Contains(line, `"event":"place"`) {
			t.Fatal(line)
		}
	}
	full := fmt.Sprintf(`{"id":%d,"error":"the generation has %d open requests: cancel some","code":"full"}`,
		maxOpens+2, maxOpens)
	c.ask(fmt.Sprintf(`{"id":%d,"op":"place"}`, maxOpens+2), full)
	w.client(1).ask(fmt.Sprintf(`{"id":%d,"op":"place"}`, maxOpens+2), full)
	w.client(2).ask(`{"id":2,"op":"define","key":"a"}`, `{"id":2,"run":true}`)
	c.ask(`{"id":3,"op":"cancel"}`, `{"id":3,"error":"the request was cancelled","code":"canceled"}`)
	w.client(1).ask(`{"id":2,"op":"define","key":"b"}`, `{"id":2,"run":true}`)
}

// Lines that do not end take no more memory than one generation may.
func TestUnfinishedLinesAreBounded(t *testing.T) {
	w := begin(t, 1)
	var all []*client
	part := []byte(strings.Repeat("x", maxLine-readSize))
	for range maxUnread / len(part) {
		c := w.client(1)
		all = append(all, c)
		testkit.Must(c.conn.Write(part))(t)
	}
	w.mu.Lock()
	ses := w.sessions[1]
	w.mu.Unlock()
	testkit.Eventually(t, func() error { // else one of these may be the one that is refused
		if n, want := ses.unread.Load(), int64(len(all)*len(part)); n != want {
			return fmt.Errorf("%d bytes count, want %d", n, want)
		}
		return nil
	})
	full := fmt.Sprintf(`{"error":"the generation has %d bytes of lines that have not ended","code":"full"}`, maxUnread)
	last := w.client(1)
	go func() { _, _ = last.conn.Write(part) }() // fails when the server hangs up
	last.hears(full)
	for _, c := range all {
		c.conn.Close()
	}
	testkit.Eventually(t, func() error {
		if n := ses.unread.Load(); n != 0 {
			return fmt.Errorf("%d bytes count after the ends of the connections", n)
		}
		return nil
	})
}

func TestConnectionsAreBounded(t *testing.T) {
	w := begin(t, 1, 2)
	var all []*client
	for range maxConns {
		all = append(all, w.client(1))
	}
	w.dial(1).hears(`{"error":"the generation has 256 connections: close some","code":"full"}`)
	w.client(2).quiet()
	all[7].conn.Close()
	// The server may not have seen the end yet. Then it refuses, and may hang up before the client writes.
	testkit.Eventually(t, func() error {
		c := w.dial(1)
		_, _ = c.conn.Write([]byte(`{"id":1,"op":"hello","version":1}` + "\n"))
		if line, err := c.lines.ReadString('\n'); !strings.Contains(line, "version\":1") {
			return fmt.Errorf("a closed connection counts: %s, %v", line, err)
		}
		return nil
	})
	all[0].quiet()
}
