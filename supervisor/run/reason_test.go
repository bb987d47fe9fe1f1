package run

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func TestReason(t *testing.T) {
	for _, c := range []struct {
		exit report.Exit
		want string
	}{
		{report.Exit{Code: 1}, "exit 1"},
		{report.Exit{Code: -1}, "exit unseen"},
		{report.Exit{Signal: syscall.SIGKILL}, "signal killed"},
		{report.Exit{Signal: syscall.SIGSEGV, Core: true}, "signal segmentation fault (core dumped)"},
		{report.Exit{Code: 137}, "exit 137 (128+9: signal killed)"},
		{report.Exit{Code: 139}, "exit 139 (128+11: signal segmentation fault)"},
		{report.Exit{Code: 143}, "exit 143 (128+15: signal terminated)"},
		{report.Exit{Code: 128}, "exit 128"},
		{report.Exit{Code: 255}, "exit 255"},
	} {
		if got := reason(c.exit); got != c.want {
			t.Errorf("%+v: %q, want %q", c, got, c.want)
		}
	}
}

func TestQuote(t *testing.T) {
	for want, text := range map[string]string{
		"": "",
		`npm error Missing script: "nope"`: `npm error Missing script: "nope"
npm error
npm error To see a list of scripts, run:
npm error   npm run
npm error A complete log of this run can be found in: /root/.npm/_logs/x.log`,
		"RuntimeError: no db": `ERROR:    Traceback (most recent call last):
  File "/app/app.py", line 4, in up
    def up(): raise RuntimeError("no db")
              ^^^^^^^^^^^^^^^^^^^^^^^^^^^
RuntimeError: no db

ERROR:    Application startup failed. Exiting.`,
		"a.ts(1,7): error TS2322: Type 'number' is not assignable to type 'string'.": `a.ts(1,7): error TS2322: Type 'number' is not assignable to type 'string'.
a.ts(2,7): error TS2322: Type 'string' is not assignable to type 'number'.
npm error Lifecycle script failed with error: code 1`,
		"src/a.ts:1:7 - error TS2322: Type 'number' is not assignable to type 'string'.": `src/a.ts:1:7 - error TS2322: Type 'number' is not assignable to type 'string'.

1 const a: string = 3
        ~

src/b.ts:2:7 - error TS2322: No.

Found 2 errors in 2 files.`,
		`./main.go:2:8: "fmt" imported and not used`: "# x\n./main.go:2:8: \"fmt\" imported and not used\n./main.go:5:2: undefined: y\nerror: exit status 1",
		`✘ [ERROR] Could not resolve "x"`:            "CLI Building\n✘ [ERROR] Could not resolve \"x\"\n\n    src/index.ts:1:7:\n\nError: Build failed with 1 error:\nsrc/index.ts:1:7: ERROR: Could not",
		"Error: connect ECONNREFUSED 127.0.0.1:5432": `node:net:1
    throw new Error('x')
Error: connect ECONNREFUSED 127.0.0.1:5432
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1634:16) {
  errno: -111,
  code: 'ECONNREFUSED',
}
Node.js v22.1.0
npm error Lifecycle script failed with error: code 1`,
		"TypeError [ERR_INVALID_ARG_TYPE]: The argument":     "TypeError [ERR_INVALID_ARG_TYPE]: The argument\n    at x\nNode.js v22",
		"SyntaxError: invalid syntax":                        "  File \"x.py\", line 1\n    def\n       ^\nSyntaxError: invalid syntax",
		"sqlalchemy.exc.OperationalError: no":                "Traceback (most recent call last):\nKeyError: 1\n\nThe above exception…\nsqlalchemy.exc.OperationalError: no\nINFO: stopping",
		"error: Cannot find package 'hono' from '/app/a.ts'": "error: Cannot find package 'hono' from '/app/a.ts'\n\nBun v1.4.4 (Linux x64)\nerror: script \"dev\" exited with code 1",
		"panic: runtime error: index out of range":           "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:3\nexit status 2",
		"2026/11/26 08:07:24 dial tcp: no db":                "2026/11/26 08:07:24 dial tcp: no db\nexit status 1\nmake: *** [Makefile:3: run] Error 1",
		"Could not reach the database":                       "Could not reach the database\n\u2009ELIFECYCLE\u2009 Command failed with exit code 1.",
		"Could not reach the database!":                      "Could not reach the database!\nerror Command failed with exit code 1.\ninfo Visit https://yarnpkg.com/en/docs/cli/run for documentation about this command.",
		"Caused by: java.net.BindException: in use":          "Exception in thread \"main\" java.lang.Error: x\n\tat a\nCaused by: java.net.BindException: in use\n\tat b",
		"thread 'main' panicked at src/main.rs:2:5: boom":    "thread 'main' panicked at src/main.rs:2:5:\nboom\nnote: run with `RUST_BACKTRACE=1`",
		"error[E0425]: cannot find value `y` in this scope": "warning: unused\nerror[E0425]: cannot find value `y` in this scope\n --> src/main.rs:2:5\n  |\n\nerror[E0308]: mismatched types\n\n" +
			"Some errors have detailed explanations: E0308, E0425.\nFor more information about an error, try `rustc --explain E0308`.\nerror: could not compile `x` (bin \"x\") due to 2 previous errors",
		"error: expected one of `!` or `.`, found `x`": "error: expected one of `!` or `.`, found `x`\n --> src/main.rs:2:5\n\nerror: could not compile `x` (bin \"x\") due to 1 previous error",
		"x.rb:1:in `f': no (RuntimeError)":             "x.rb:1:in `f': no (RuntimeError)\n\tfrom x.rb:2",
		"/home/me/shop/lib/conf.rb:1: syntax error, unexpected ';' (SyntaxError)": "/usr/share/gems/zeitwerk-2.6.1/lib/zeitwerk/kernel.rb:35:in `require': " +
			"/home/me/shop/lib/conf.rb:1: syntax error, unexpected ';' (SyntaxError)\nmodule Conf; V = ; end\n                 ^\n\tfrom bin/rails:4:in `<main>'",
		"cannot load such file -- colour/conversion (LoadError)": "<internal:/home/me/.rbenv/versions/3.4.1/lib/ruby/3.4.0/rubygems/core_ext/kernel_require.rb>:136:in 'Kernel#require': " +
			"cannot load such file -- colour/conversion (LoadError)\n\tfrom app.rb:1:in '<main>'",
		"cmd/api/main.go:10:2: no required module provides package example.com/shop/internal/store": "# example.com/shop\n" +
			"cmd/api/main.go:10:2: no required module provides package example.com/shop/internal/store; to add it:\n\tgo get example.com/shop/internal/store",
		"A server is already running. Check /app/tmp/pids/server.pid.": "A server is already running. Check /app/tmp/pids/server.pid.\nExiting",
		`/home/me/work/shop/api/src/index.ts:19:10: ERROR: Unexpected ";"`: `Error [TransformError]: Transform failed with 1 error:
/home/me/work/shop/api/src/index.ts:19:10: ERROR: Unexpected ";"
    at failureErrorWithLog (/x.js:1752:15)
Node.js v20.20.2`,
		"error TS6053: File '/a/b.ts' not found.": "error TS6053: File '/a/b.ts' not found.\n  The file is in the program because:\n\n[8:06:55 AM] Found 1 error. Watching for file changes.",
		"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory": "<--- Last few GCs --->\n[7:0x1]  90 ms: Mark-Compact\n" +
			"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n----- Native stack trace -----\n 1: 0xe36d16 node::OOMErrorHandler(char const*)",
		`The promise rejected with the reason "no db".`: `[UnhandledPromiseRejection: This error originated either by throwing inside of an async function without a catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason "no db".] {` +
			"\n  code: 'ERR_UNHANDLED_REJECTION'\n}\n",
		`The promise rejected with the reason "nobody".`: `UnhandledPromiseRejection: This error originated either by throwing inside of an async function without a catch block, or by rejecting a promise which was not handled with .catch(). The promise rejected with the reason "nobody".`,
		`src/a.ts:1:6: ERROR: Expected ";"`:              "Error: Build failed with 1 error:\nsrc/a.ts:1:6: ERROR: Expected \";\"\n    at failureErrorWithLog (/p/node_modules/esbuild/lib/main.js:1477:15)",
		"Error: no more:":                                "Error: no more:",
		"[cause]: Error: inner":                          "Error: outer\n    at a {\n  [cause]: Error: inner",
		"bye":                                            "bye\n127.0.0.1 - - [01/Jan/2024 10:00:00] \"GET /x HTTP/1.1\" 200 -\nINFO:     127.0.0.1:5 - \"GET / HTTP/1.1\" 200 OK\nGET /a 304 0.2 ms",
		"the last one":                                   "GET / 200\nno Error here\n  the last one  ",
		strings.Repeat("é", 99) + "…":                    strings.Repeat("é", 101),
		strings.Repeat("e", 100):                         strings.Repeat("e", 100),
	} {
		if got, _ := quote(report.Exit{Code: 1}, lines(text)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got, _ := quote(report.Exit{Code: 1}, []string{"Welcome", "> "}); got != "" {
		t.Errorf("a prompt is quoted: %q", got)
	}
	for _, e := range []report.Exit{{Signal: syscall.SIGKILL}, {Code: 128 + int(syscall.SIGTERM)}} {
		if got, _ := quote(e, []string{"Error: of an hour ago", "GET / 200"}); got != "" {
			t.Errorf("%v: %q is quoted, although somebody has killed the program", e, got)
		}
	}
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// What Node says of itself is not told.
func TestTelling(t *testing.T) {
	for want, text := range map[string]string{
		"": "",
		"Error: no db|    at up (/p/a.js:1:2)|  errno: -111": `node:internal/process/promises:394
      triggerUncaughtException(err, true /* fromPromise */);
      ^
Error: no db
    at up (/p/a.js:1:2)
    at Module._compile (node:internal/modules/cjs/loader:1554:14)
    at async node:internal/modules/esm/loader:577:26
    at node:internal/main/run_main_module:36:49
  errno: -111
Node.js v22.1.0`,
		`/p/a.js:1|throw "boom"|^|boom`:                                       "/p/a.js:1\nthrow \"boom\"\n^\nboom\n(Use `node --trace-uncaught ...` to show where the exception was thrown)\nNode.js v22.1.0",
		"node:fs is what it needs|node:internal/a:1":                          "node:fs is what it needs\nnode:internal/a:1",
		`Error: Build failed with 1 error:|src/a.ts:1:6: ERROR: Expected ";"`: "Error: Build failed with 1 error:\nsrc/a.ts:1:6: ERROR: Expected \";\"",
	} {
		told, _ := telling(lines(text))
		if got := strings.Join(told, "|"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPlace(t *testing.T) {
	project := []string{"/p/app.py", "/p/src/a.ts", "/p/src/routes/[id].ts", "/p/main.go", "/p/lib/conf.rb", "/p/b.mjs"}
	for want, text := range map[string]string{
		"app.py:6": "  + Exception Group Traceback\n  |   File \"/p/app.py\", line 9, in <module>\n  | ExceptionGroup: of a TaskGroup\n  +-+--- 1 ---\n    |   File \"/p/app.py\", line 6\n    | RuntimeError: no db\n    +---",
		"app.py:3": `Traceback (most recent call last):
  File "/usr/bin/uvicorn", line 8, in <module>
  File "/p/.venv/lib/python3.13/site-packages/uvicorn/main.py", line 410, in main
  File "/p/app.py", line 3
    def (
        ^
SyntaxError: invalid syntax`,
		"app.py:4": `ERROR:    Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/starlette/routing.py", line 732, in lifespan
  File "/p/app.py", line 1, in outer
  File "/p/app.py", line 4, in up
    def up(): raise RuntimeError("no db")
RuntimeError: no db

ERROR:    Application startup failed. Exiting.`,
		"src/a.ts:3:9": `/p/node_modules/esbuild/lib/main.js:1477
  let error = new Error(text);
Error [TransformError]: Transform failed with 1 error:
/p/src/a.ts:3:9: ERROR: Expected ";" but found "x"
    at failureErrorWithLog (/p/node_modules/esbuild/lib/main.js:1477:15)`,
		"b.mjs:7":                  "file:///p/b.mjs:7\nlet let\n    ^^^\nSyntaxError: let is disallowed\n    at compileSourceTextModule (node:internal/modules/esm/utils:346:16)",
		"src/routes/[id].ts:19:10": "TypeError: x is not a function\n    at Layer.handle (/p/node_modules/express/lib/router/layer.js:95:5)\n    at handler (/p/src/routes/[id].ts:19:10)\n    at /p/src/a.ts:1:1",
		"src/a.ts:1:7":             "src/a.ts(1,7): error TS2322: Type 'number' is not assignable to type 'string'.",
		"main.go:2:8":              "# x\n./main.go:2:8: \"fmt\" imported and not used",
		"main.go:12":               "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/p/main.go:12 +0x1d\nexit status 2",
		"lib/conf.rb:1":            "/usr/share/gems/zeitwerk-2.6.1/lib/zeitwerk/kernel.rb:35:in `require': /p/lib/conf.rb:1: syntax error, unexpected ';' (SyntaxError)",
		"":                         "Error: connect ECONNREFUSED db.example.com:5432 127.0.0.1:1\n    at /etc/a.js:1:2 ../b.mjs:1 gone.ts:1 /p/src/gone.ts:3:9",
	} {
		last := lines(text)
		_, named := quote(report.Exit{Code: 1}, last)
		got := sourceLine(last, named, "/p", func(file string) bool { return slices.Contains(project, file) })
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	asked := 0
	if got := sourceLine(slices.Repeat([]string{"Error: /p/a.ts:1"}, 40), 0, "/p", func(string) bool {
		asked++
		return false
	}); got != "" || asked != mostFiles {
		t.Errorf("%q after %d files", got, asked)
	}
}
