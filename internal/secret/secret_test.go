package secret

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/plain"
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

// forms in which people's logs have secrets, besides those above. %s is one of one word, which must not survive in any.
var planted = []string{
	"PASSWORD=%s", "export API_KEY=\"%s\"", "--token=%s", "--token %s", "--token\n%s", `{"password":"%s"}`,
	"password: %s", "password = %s", "password := \"%s\"",
	"x-api-key: %s", "authorization: Basic %s", "Cookie: sid=%s", "GET /x?token=%s&a=b", "{ password: '%s' }",
	`{:password=>"%s"}`, "  - db_password: %s",
	`msg="{\"password\": \"%s\"}"`, "token=b'%s'", `password: Some("%s")`, "[ 'Authorization', 'Bearer %s' ]",
	"<password>%s</password>",
	// colours
	"\x1b[32mpassword\x1b[39m: \x1b[33m%s\x1b[39m", "password\x1b[0m=\x1b[1m%s\x1b[0m", "\x1b[36mpassword:\x1b[0m %s",
	"{ password: \x1b[32m'%s'\x1b[39m }",
	"\x1b[2mAuthorization:\x1b[22m \x1b[36mBearer %s\x1b[39m", `\u001b[35mtoken=\u001b[0m%s`,
	"postgres://\x1b[1mme:%s\x1b[0m@host",
	// on the next line
	"password:\n  %s", "\"password\":\n    \"%s\"", "{\n  token:\n    '%s',\n}", "Your API token:\n%s", "token:\n- %s",
	"password: |\n  %s",
	"tokens:\n  - abc\n  - %s", "password:\x1b[0m\n  \x1b[32m'%s'\x1b[39m",
	// escaped
	"token%%3D%s", "a?x=password%%3D%s%%26b", "password%%22%%3A%%22%s%%22", `"password\u003d%s"`,
	"postgres%%3A%%2F%%2Fme%%3A%s%%40host",
	// options of one letter
	"mysql -u root -p%s db", "mysql -u root -p %s", "mysqldump -p%s x >y", "sshpass -p '%s' ssh x", "sshpass\n-p\n%s",
	"docker login ghcr.io -u me -p %s",
	"mytool -u me -p %s", "mytool\n-u\nme\n-p\n%s", "redis-cli -a %s", "curl -u me:%s http://x",
	"curl -s --user 'me:%s' x",
	// URLs
	"postgres://me:%s@host/db", "redis://:%s@host", "postgres://me:ab#%s@host/db", "postgres://me:ab/%s@host/db",
	"postgres://me:ab?%s@host/db",
	"postgres://me:%s/x#y@host/db", "amqp://me:/%s@host",
}

// ordinary lines stay.
var ordinary = []string{
	"\x1b[32mGET\x1b[39m /token/x 200", "password:\nlistening on port 3000", "PASSWORD=\nPORT=3000",
	"credentials:\n  user:\n    name: me", "token:\n\nnext",
	"docker run -u 1000:1000 -p 3000:3000 x", "sudo -u app mkdir -p dist/a", "mkdir -p dist",
	"npx -p typescript tsc -p tsconfig.json", "ssh -p 22 me@host", "cp -pr a b",
	"curl -u me http://x", "psql -U me -p 5432 db", "http://localhost:3000/@vite/client#a@b", "http://[::1]:3000/a@b",
	"https://host:8443?x=me@b", "git clone https://github.com/a/b.git",
	"100%25 of 5%20MB", "GET /a%2Fb%3Fc%3Dd 200", "file:///srv/app/x.js:3:9", "<token>x", "use <password> here",
	"[ 'password', 'email' ]", "at login (src/app.js:3:9) -p", "POST /login 302 -p",
	"node server.js --port 3000", "node --no-token-check --port 3000", "passed: 12 tests", "pass: 12", "# pass 12",
	"token count: 5", "max_tokens=4096",
	`{"total_tokens": 512, "token_type": "bearer", password: null}`, "password must be 8 characters long",
	"see http://localhost:3000/a@b", "  --token <token>   what to use",
	`"Unexpected token: }" at app.js:3`, "SyntaxError: Unexpected token '=' (1:2)", "Unexpected token: 'x'",
	"tokenizer: gpt2", "PWD=/srv", "bypass=1 compass: north", "primary_key: id",
	"src/token.ts:3:9: error TS2304 (token.ts:3:9)", "fetch(url, { credentials: 'include' })",
	"use token::Kind (token::Kind)", "the secret is out", "password:", "if (token === other)",
	"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
	"https://registry.npmjs.org/@scope/x?a=b@c", "sk-nav sk-learn", "cookies: 3", "key: value", "TokenError: bad",
	"keyboard: on",
}

func TestSecrets(t *testing.T) {
	for _, text := range ordinary {
		texts[text] = text
	}
	for text, want := range texts {
		if got := Text(text); got != want {
			t.Errorf("%q\n is %q\nwant %q", text, got, want)
		}
		line := testkit.Must(
			json.Marshal(map[string]any{"message": text, "list": []string{"--secret", "a\u202eb c", text},
				"lines": strings.Split(text, "\n")}))(t)
		var got struct {
			Message     string
			List, Lines []string
		}
		if err := json.Unmarshal(JSON(line), &got); err != nil {
			t.Errorf("%s: %v", JSON(line), err)
		}
		if got.Message != want || got.List[1] != "*** c" || got.List[2] != want ||
			strings.Join(got.Lines, "\n") != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// A secret survives in no form, as the program wrote it, as hotswap prints it, and in JSON, whatever the lines around
// it are.
func TestPlanted(t *testing.T) {
	const secret = "Hx9/kTq+27"
	for _, form := range planted {
		for _, around := range []string{"%s", "starts\n%s\nends", `{"a": 1}` + "\n%s\n" + `{"a": 1}`} {
			hides(t, fmt.Sprintf(around, fmt.Sprintf(form, secret)), secret)
		}
	}
}

func hides(t *testing.T, text, secret string) {
	t.Helper()
	line := testkit.Must(json.Marshal(map[string]any{"message": text, "lines": strings.Split(text, "\n")}))(t)
	for _, got := range []string{Text(text), Text(plain.Lines(text)), string(JSON(line)),
		string(JSON([]byte(plain.Lines(string(line)))))} {
		if strings.Contains(got, secret) {
			t.Errorf("%q\n is %q", text, got)
		}
	}
}

// Whatever a line has, what is left of it is JSON, has its lines and a bound, and has no secrets.
// A value that is longer than what is searched of it hides the rest of its line.
func TestLongValues(t *testing.T) {
	for around, want := range map[string]string{`password="%s" x`: `password="***`, "--token=%s x": "--token=***",
		"secret: '%s\nnext": "secret: '***\nnext"} {
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
	for _, text := range []string{"token:", "tokens=/", `"token`, "key-----", "(token ", "mysql -p", "a://b:",
		"%3D\x1b[0mtoken"} {
		some, many := strings.Repeat(text, 200), strings.Repeat(text, 1600)
		least := min(took(some), took(some), took(some))
		for tries, d := 1, took(many); d > 40*least; d = took(many) {
			tries++
			if tries > 100 {
				t.Fatalf("%q: %v, then %v", text, least, d)
			}
		}
	}
}

func FuzzPlanted(f *testing.F) {
	for i := range planted {
		f.Add(uint8(i), "Hx9/kTq+27", "starts", "ends")
	}
	word := regexp.MustCompile(`^[A-Za-z][\w/+.]{7,}$`)
	f.Fuzz(func(t *testing.T, form uint8, secret, before, after string) {
		if !word.MatchString(secret) || strings.Contains(before+after+planted[int(form)%len(planted)], secret) ||
			harmless().MatchString(secret) {
			return
		}
		if Text(before) != before {
			return
		}
		hides(t, before+"\n"+fmt.Sprintf(planted[int(form)%len(planted)], secret)+"\n"+after, secret)
	})
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
		if err := json.Unmarshal(JSON(line), &got); err != nil || len(got.List) != 2 ||
			slices.Contains(JSON(line), '\n') {
			t.Errorf("%s becomes %s", line, JSON(line))
		}
	})
}
