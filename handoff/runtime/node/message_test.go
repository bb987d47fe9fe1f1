package node

import (
	"encoding/json"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestOrders(t *testing.T) {
	for want, o := range map[string]order{
		`{"type":"drain"}`:                          {Type: "drain"},
		`{"type":"drain","moves":true,"next":true}`: {Type: "drain", Moves: true, Next: true},
		`{"type":"drain","websocket":{"code":1012,"reason":"service restart"}}`: {Type: "drain", WebSocket: &CloseReason{Code: 1012, Reason: "service restart"}},
		`{"type":"look","seq":3}`:  {Type: "look", Seq: 3},
		`{"type":"resume"}`:        {Type: "resume"},
		`{"type":"files","seq":4}`: {Type: "files", Seq: 4},
	} {
		if got := string(testkit.Must(json.Marshal(o))(t)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
