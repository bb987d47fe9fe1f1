package drain

import (
	"fmt"
	"testing"
	"time"
)

// A world plays a client that does not pipeline and a program against hotswap's looks. Bodies look like requests.
// The body of a request must never be taken for one.
func FuzzConnection(f *testing.F) {
	f.Add([]byte("0123456789abcdefghijklmnop"))
	f.Add([]byte{0, 3, 1, 3, 4, 3, 0, 3, 3, 3, 0, 1, 4, 0, 3, 3})
	f.Fuzz(func(t *testing.T, plays []byte) {
		s := sample{At: time.Second, SentAge: 2 * time.Second, ReceivedAge: 2 * time.Second}
		p := newSide(s)
		const (
			idle    = iota // the client has its answer
			begun          // the client has sent a part of a request
			waiting        // the client has sent all of it
		)
		client, fresh, part, sent := idle, 0, false, uint64(0)
		story := ""
		for n, b := range plays {
			after := time.Duration(b>>4) * ms / 2
			var change func(*sample)
			switch b % 6 {
			case 0: // a request, or its head
				if client != idle {
					continue
				}
				if client = waiting; b&8 != 0 {
					client = begun
				}
				fresh, sent = 100, 0
				change = arrives(100)
			case 1: // the rest
				if client != begun {
					continue
				}
				client, part = waiting, true
				change = arrives(100)
			case 2: // the program reads
				if p.now.Unread == 0 || p.held && b&8 == 0 {
					continue
				}
				fresh, part = 0, false
				change = reads
			case 3: // the program answers, or says '100 Continue'
				if client == idle || p.now.Unread > 0 || p.now.Received == 0 {
					continue
				}
				size := uint64(200)
				if client == begun || b&8 != 0 {
					size = 25
				}
				if sent += size; size == 200 {
					client = idle
				}
				change = writes(size)
			}
			p.now.At, p.now.SentAge, p.now.ReceivedAge = p.now.At+after, p.now.SentAge+after, p.now.ReceivedAge+after
			if change != nil {
				change(&p.now)
			}
			if story += fmt.Sprintf("%d ", b%6); b%6 < 4 && b&64 != 0 {
				continue // no look yet
			}
			if v := p.look(0, nil); v == readInput {
				if !p.answered() {
					p.learn(request{kind: kindRequest, total: p.now.Unread}, mayMove)
					p.passes()
					continue
				}
				if fresh == 0 || part && fresh == 0 {
					t.Fatalf("play %d (%s): what is read is no request: %+v", n, story, p.connection)
				}
				return // taken
			}
			if sent >= smallest && client != idle {
				return // that many interim answers look like an answer
			}
		}
	})
}
