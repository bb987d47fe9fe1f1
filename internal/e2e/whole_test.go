//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// An upload that is read goes on over saves until it ends, and so does a stream of tokens.
func TestStreamsStayWhole(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"node", "go"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, address, save := keptServerOf(name, "--drain-timeout", "2s", "--probation", brief).start(t)
			upload := client{Address: address}.begin(t)
			upload.say(t, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
			save(2)
			h.Serving(2)
			tokens := client{Address: address}.begin(t)
			tokens.say(t, "GET /tokens HTTP/1.1\r\nHost: x\r\n\r\n")
			tokens.hears(t, "part ")
			size := 0
			testkit.Eventually(t, func() error {
				size++
				upload.say(t, "1\r\nx\r\n")
				if slices.ContainsFunc(h.Lines(), func(l line) bool {
					return (l.Event == "stays" || l.Event == "drained") && l.Gen == 1
				}) {
					return nil
				}
				return errors.New("the time of a drain is not over")
			})
			upload.say(t, "0\r\n\r\n")
			upload.hears(t, fmt.Sprintf("version 1 size %d", size))
			save(3)
			h.Serving(3)
			all := ""
			_ = tokens.SetReadDeadline(time.Now().Add(patience))
			for b := make([]byte, 4096); !strings.Contains(all, "version 2 size 0"); {
				n, err := tokens.Read(b)
				all += string(b[:n])
				if err != nil {
					t.Fatalf("%v after %d of 120 parts", err, 1+strings.Count(all, "part "))
				}
			}
		})
	}
}
