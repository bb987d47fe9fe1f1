package secret

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What is left of a text, by itself and in JSON. "" stands for the text itself.
var texts = map[string]string{
	// names
	"node --token=abc --port 3000":           "node --token=*** --port 3000",
	"node --api-key abc123":                  "node --api-key ***",
	`DB_PASSWORD="a b\c" node x`:             `DB_PASSWORD="***" node x`,
	`DB_PASSWORD='it is "so"' node x`:        `DB_PASSWORD='***' node x`,
	"DB_PASS=a,b(c) PGPASSWORD=x dbPwd=y":    "DB_PASS=*** PGPASSWORD=*** dbPwd=***",
	`--password=ab<cd>9 x`:                   "--password=*** x",
	`--password=-x\y;ls`:                     "--password=***;ls",
	"curl x/?access_token=abc&b=c":           "curl x/?access_token=***&b=c",
	"{ user: 'me', password: 'x y', id: 1 }": "{ user: 'me', password: '***', id: 1 }",
	`{"password": "x\"y","id":1}`:            `{"password": "***","id":1}`,
	`{"a":{"api_key":12345,"b":2}}`:          `{"a":{"api_key":***,"b":2}}`,
	`msg="{\"password\": \"a\\\"b\"}" id=1`:  `msg="{\"password\": \"***\"}" id=1`,
	"  'set-cookie': [ 'a=b', 'c=d' ],":      "  'set-cookie': [***],",
	"password: correct horse, battery":       "password: ***",
	"  - db_password: x # the database's":    "  - db_password: ***",
	"{user: me, password: x, port: 1}":       "{user: me, password: ***, port: 1}",
	`{:password=>"x y", "token"=>"z"}`:       `{:password=>"***", "token"=>"***"}`,
	`client_secret = "x y" # of OAuth`:       `client_secret = "***" # of OAuth`,
	"secret = x y":                           "secret = ***",
	"error: wrong api_key: abc for me":       "error: wrong api_key: *** for me",
	"const accessToken = `x y`":              "const accessToken = `***`",
	// headers
	`curl -H "Authorization: Bearer abc" x`: `curl -H "Authorization: Bearer ***" x`,
	"authorization: 'Basic YWI6Yw==',":      "authorization: '***',",
	"curl -H 'X-Api-Key: abc' x":            "curl -H 'X-Api-Key: ***' x",
	"< Set-Cookie: sid=a; Path=/; HttpOnly": "< Set-Cookie: ***",
	"Cookie: sid=a; b=c":                    "Cookie: ***",
	// keys
	"psql postgres://me:p@w@host/db":                                               "psql postgres://***@host/db",
	"push ghp_0123456789abcdef now, AKIAIOSFODNN7EXAMPLE":                          "push *** now, ***",
	"sk-proj-0123456789abcdef eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.sig":               "*** ***",
	"-----BEGIN RSA PRIVATE KEY-----\nMII\nab==\n-----END RSA PRIVATE KEY-----\nx": "-----BEGIN RSA PRIVATE KEY-----\n***\n***\n-----END RSA PRIVATE KEY-----\nx",
	"x:\nMIIabc\nab==\n-----END PRIVATE KEY-----":                                  "x:\n***\n***\n-----END PRIVATE KEY-----",
	"-----BEGIN EC PRIVATE KEY-----\nMIIabc":                                       "-----BEGIN EC PRIVATE KEY-----\n***",
	`KEY='-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----'`:            `KEY='-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----'`,
}

// ordinary lines stay.
var ordinary = []string{
	"node server.js --port 3000", "node --no-token-check --port 3000", "passed: 12 tests", "pass: 12", "# pass 12", "token count: 5", "max_tokens=4096",
	`{"total_tokens": 512, "token_type": "bearer", password: null}`, "password must be 8 characters long", "see http://localhost:3000/a@b", "  --token <token>   what to use",
	`"Unexpected token: }" at app.js:3`, "SyntaxError: Unexpected token '=' (1:2)", "Unexpected token: 'x'", "tokenizer: gpt2", "PWD=/srv", "bypass=1 compass: north", "primary_key: id",
	"src/token.ts:3:9: error TS2304 (token.ts:3:9)", "fetch(url, { credentials: 'include' })", "use token::Kind (token::Kind)", "the secret is out", "password:", "if (token === other)", "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
	"https://registry.npmjs.org/@scope/x?a=b@c", "sk-nav sk-learn", "cookies: 3", "key: value", "TokenError: bad", "keyboard: on",
}

func TestSecrets(t *testing.T) {
	for _, text := range ordinary {
		texts[text] = text
	}
	for text, want := range texts {
		if got := Text(text); got != want {
			t.Errorf("%q\n is %q\nwant %q", text, got, want)
		}
		line := testkit.Must(json.Marshal(map[string]any{"message": text, "list": []string{"--secret", "a\u202eb c", text}, "lines": strings.Split(text, "\n")}))(t)
		var got struct {
			Message     string
			List, Lines []string
		}
		if err := json.Unmarshal(JSON(line), &got); err != nil {
			t.Errorf("%s: %v", JSON(line), err)
		}
		if got.Message != want || got.List[1] != "*** c" || got.List[2] != want || strings.Join(got.Lines, "\n") != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// Whatever a line has, what is left of it is JSON, has its lines and a bound, and has no secrets.
// A value that is longer than what is searched of it hides the rest of its line.
func TestLongValues(t *testing.T) {
	for around, want := range map[string]string{`password="%s" x`: `password="***`, "--token=%s x": "--token=***", "secret: '%s\nnext": "secret: '***\nnext"} {
		for n := longest - 12; n < longest+4; n++ {
			for _, value := range []string{strings.Repeat("a", n), strings.Repeat("a", n) + `\\\"b`} {
				text := strings.Replace(around, "%s", value, 1)
				if got := Text(text); strings.Contains(got, "aaa") || !strings.HasPrefix(got, want) {
					t.Errorf("%d: %q", n, got)
				}
			}
		}
	}
}

// Eight times the text takes some eight times as long, not 64 times: on a busy machine at least once.
func TestTimeIsLinear(t *testing.T) {
	took := func(text string) time.Duration {
		began := time.Now()
		Text(text)
		return time.Since(began)
	}
	for _, text := range []string{"token:", "tokens=/", `"token`, "key-----", "(token "} {
		some, many := strings.Repeat(text, 200), strings.Repeat(text, 1600)
		least := min(took(some), took(some), took(some))
		for tries, d := 1, took(many); d > 40*least; d = took(many) {
			if tries++; tries > 100 {
				t.Fatalf("%q: %v, then %v", text, least, d)
			}
		}
	}
}

func FuzzSecrets(f *testing.F) {
	for text := range texts {
		f.Add(text, `--token "a\"b" PASSWORD='x\`)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		once := Text(a)
		if Text(once) != once || len(once) > 2*len(a)+8 || strings.Count(once, "\n") != strings.Count(a, "\n") {
			t.Errorf("%q becomes %q, then %q", a, once, Text(once))
		}
		line := testkit.Must(json.Marshal(map[string]any{"message": a, "list": []string{b, a}, "secret=": b}))(t)
		var got struct{ List []string }
		if err := json.Unmarshal(JSON(line), &got); err != nil || len(got.List) != 2 || slices.Contains(JSON(line), '\n') {
			t.Errorf("%s becomes %s", line, JSON(line))
		}
	})
}
