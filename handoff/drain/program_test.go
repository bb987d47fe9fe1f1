package drain

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// serve is the program: it speaks HTTP/1.1 by hand, so that the tests decide
// what leaves in which write. It ends when its input ends.
func serve() {
	l, err := (&net.ListenConfig{}).Listen(ctxNone, "tcp4", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	count := new(counts)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			count.conns.Add(1)
			go talk(c, count)
		}
	}()
	words := bufio.NewScanner(os.Stdin)
	for words.Scan() {
		switch words.Text() {
		case "count":
			fmt.Println(count.read.Load())
		case "conns":
			fmt.Println(count.conns.Load())
		case "stuck":
			fmt.Println(count.stuck.Load())
		}
	}
}

// counts are what the program tells of itself.
type counts struct {
	conns atomic.Int64 // accepted
	read  atomic.Int64 // requests read as a whole
	stuck atomic.Int64 // bodies that ended in the midst
}

func talk(c net.Conn, count *counts) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		q, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		if q.Header.Get("Expect") != "" {
			io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n")
		}
		if _, err := io.Copy(io.Discard, q.Body); err != nil {
			count.stuck.Add(1)
			return
		}
		count.read.Add(1)
		if !answer(c, q.URL.Path) {
			return
		}
	}
}

// answer answers /<how>/<argument>; false: and hang up.
func answer(c net.Conn, path string) bool {
	how, arg, _ := strings.Cut(strings.Trim(path, "/"), "/")
	n, _ := strconv.Atoi(arg)
	ms := time.Duration(n) * time.Millisecond
	whole := func(body string) { fmt.Fprintf(c, "%s%s", head(len(body)), body) }
	switch how {
	case "fast":
		whole("hello")
	case "slow": // answers after n ms
		time.Sleep(ms)
		whole("hello")
	case "two": // head and body in two writes, n µs apart
		io.WriteString(c, head(5))
		for end := time.Now().Add(ms / 1000); time.Now().Before(end); {
		}
		io.WriteString(c, "hello")
	case "stream": // ten pieces, n ms apart
		io.WriteString(c, head(10))
		for range 10 {
			time.Sleep(ms)
			io.WriteString(c, "x")
		}
	case "big": // n MB
		io.WriteString(c, head(n<<20))
		chunk := make([]byte, 1<<20)
		for range n {
			c.Write(chunk)
		}
	case "echo": // a WebSocket on which every input is sent back, until the client closes
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
		io.Copy(c, c)
		return false
	case "bye":
		whole("hello")
		return false
	}
	return true
}

func head(n int) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Length: %d\r\n\r\n", n)
}
