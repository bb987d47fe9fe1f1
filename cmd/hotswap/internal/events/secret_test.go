package events

import (
	"encoding/json"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func TestSecretsAreMasked(t *testing.T) {
	for text, want := range map[string]string{
		"node server.js --port 3000":            "node server.js --port 3000",
		"node --token=abc --port 3000":          "node --token=*** --port 3000",
		"node --api-key abc123":                 "node --api-key ***",
		"node --no-token-check --port 3000":     "node --no-token-check --port 3000",
		`DB_PASSWORD="a b\c" node x`:            "DB_PASSWORD=*** node x",
		`DB_PASSWORD='it is "so"' node x`:       "DB_PASSWORD=*** node x",
		`--password=ab<cd>9 x`:                  "--password=*** x",
		`--password=-x\y;ls`:                    "--password=***;ls",
		"psql postgres://me:pw@host/db":         "psql postgres://***@host/db",
		"see http://localhost:3000/a@b":         "see http://localhost:3000/a@b",
		`curl -H "Authorization: Bearer abc" x`: `curl -H "Authorization: Bearer ***" x`,
		"curl -H 'X-Api-Key: abc' x":            "curl -H 'X-Api-Key: ***' x",
		"push ghp_0123456789abcdef now":         "push *** now",
		`"Unexpected token: }" at app.js:3`:     `"Unexpected token: }" at app.js:3`,
		"curl x/?access_token=abc&b=c":          "curl x/?access_token=***&b=c",
	} {
		line := testkit.Must(json.Marshal(map[string]any{"message": text, "list": []string{"--secret", "abc", text}}))(t)
		var got struct {
			Message string
			List    []string
		}
		if err := json.Unmarshal(Masked(line), &got); err != nil {
			t.Errorf("%s: %v", Masked(line), err)
		}
		if got.Message != want || got.List[1] != "***" || got.List[2] != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// Whatever a line has, what is left of it is JSON.
func FuzzMasked(f *testing.F) {
	f.Add(`--token "a\"b" PASSWORD='x\`, `\"`)
	f.Fuzz(func(t *testing.T, a, b string) {
		line := testkit.Must(json.Marshal(map[string]any{"message": a, "list": []string{b, a}, "secret=": b}))(t)
		if got := Masked(line); !json.Valid(got) {
			t.Errorf("%s becomes %s", line, got)
		}
	})
}
