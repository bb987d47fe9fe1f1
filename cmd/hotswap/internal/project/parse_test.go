package project

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/options"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/rule"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

func parsed(t *testing.T, text string) *File {
	t.Helper()
	f := testkit.Must(Parse("/p/hotswap.yaml", []byte(text)))(t)
	return f
}

func TestParse(t *testing.T) {
	f := parsed(t, `
command: npm run dev
env_file: [.env, .env.local]
drain_timeout: 5s
stop_signal: INT
stdin: true
ignore: tmp/**
on:
  - change: [src/routes/**, "!src/routes/*.test.ts"]
    run: npm run openapi
    outputs: openapi.json
  - change: plugins/*/{index,schema}.ts
    run: |
      bun run gen:types
      bun run lint
  - {change: certs/*.pem, signal: HUP}
  - change: "**/*.md"
    do: nothing
  - change:
      - public/**/*.css
    browser: css
  - run: make
once:
  - run: npm run migrate
    inputs: drizzle/**
    outputs: [schema.sql]
    stop: first
`)
	want := &File{Path: "/p/hotswap.yaml", Command: []string{"npm", "run", "dev"}, File: options.File{
		Values: map[string][]options.Given{
			"env-file": {{Where: "hotswap.yaml:3:12: env_file: ", Text: ".env"},
				{Where: "hotswap.yaml:3:18: env_file: ", Text: ".env.local"}},
			"drain-timeout": {{Where: "hotswap.yaml:4:16: drain_timeout: ", Text: "5s"}},
			"stop-signal":   {{Where: "hotswap.yaml:5:14: stop_signal: ", Text: "INT"}},
			"stdin":         {{Where: "hotswap.yaml:6:8: stdin: ", Text: "true"}},
			"ignore":        {{Where: "hotswap.yaml:7:9: ignore: ", Text: "tmp/**"}},
		},
		Rules: []rule.Rule{
			{Where: "hotswap.yaml:24", Change: []string{"drizzle/**"}, Run: "npm run migrate", Once: true,
				Outputs: []string{"schema.sql"}, StopFirst: true},
			{Where: "hotswap.yaml:9", Change: []string{"src/routes/**", "!src/routes/*.test.ts"},
				Run: "npm run openapi", Outputs: []string{"openapi.json"}},
			{Where: "hotswap.yaml:12", Change: []string{"plugins/*/{index,schema}.ts"},
				Run: "bun run gen:types\nbun run lint"},
			{Where: "hotswap.yaml:16", Change: []string{"certs/*.pem"}, Signal: syscall.SIGHUP},
			{Where: "hotswap.yaml:17", Change: []string{"**/*.md"}, Nothing: true},
			{Where: "hotswap.yaml:19", Change: []string{"public/**/*.css"}, Browser: rule.BrowserCSS},
			{Where: "hotswap.yaml:22", Run: "make"},
		},
	}}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("got  %+v\nwant %+v", f, want)
	}
}

// Every error says where and what was expected, in one line, and is wrong usage.
func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"comand: x":                                 `1:1: "comand" is no key of the file (did you mean command?); hotswap help options has all`,
		"drain-timeout: 5s":                         `1:1: "drain-timeout" is no key of the file (did you mean drain_timeout?); hotswap help options has all`,
		"drain_timeout: 5":                          `1:16: drain_timeout: 5: give a time such as 500ms or 10s`,
		"drain_timeout: [5s]":                       `1:16: drain_timeout is a list: give one value`,
		"ignore: {a: b}":                            `1:9: ignore: give a text`,
		"ignore:":                                   `1:9: ignore: give a text`,
		"stdin: on\n":                               `1:8: stdin: on: give true or false`,
		"command: curl -H 'A: b' c":                 `1:10: not YAML: `,
		"command: ''":                               `1:10: command is empty`,
		"- a":                                       `1:1: the file: give keys and values, such as command: …`,
		"command: a\ncommand: b":                    `2:1: not YAML: mapping key "command" already defined at [1:1]`,
		"on: x":                                     `1:5: a rule of on: give keys and values, such as change: …`,
		"on:\n  - run: x\n    chnage: a":            `3:5: "chnage" is no key of a rule of on: it has change, run, outputs, when, signal, browser, do, event`,
		"on:\n  - run: x\n    inputs: a":            `3:5: "inputs" is no key of a rule of on`,
		"on:\n  - change: a{\n    run: x":           `2:5: not a rule: "a{" is no pattern`,
		"on:\n  - change: [a, '!']\n    run: x":     `2:5: not a rule: "!" is no pattern`,
		"on:\n  - change: **/*.md\n    run: x":      `2:14: not YAML: `,
		"on:\n  - change: a\n ":                     `2:5: not a rule: say what to do: run, signal, browser or do; to swap for files that are not watched, name them in watch`,
		"on:\n  - run: a\n    when: beside":         `2:5: not a rule: when goes with change and run`,
		"on:\n  - change: a\n    do: something":     `3:9: do: "something": give nothing`,
		"on:\n  - change: a\n    signal: FOO":       `3:13: signal: FOO: no signal is called that`,
		"on:\n  - change: a\n    browser: js":       `3:14: browser: "js": give css or reload`,
		"on:\n  - signal: HUP\n":                    `2:5: not a rule: say which files: change`,
		"on: {change: a, signal: 1, do: nothing}":   `1:5: not a rule: give one of signal, browser and do`,
		"on: {change: a, signal: 1, run: b}":        `1:5: not a rule: run goes with neither signal nor browser`,
		"on: {change: a, do: nothing, outputs: b}":  `1:5: not a rule: stop and outputs belong to a command: give run`,
		"on: {change: ['!a', b], run: c}":           `1:5: not a rule: "!a" comes before a pattern from which it takes something out`,
		"on:\n  - run: ' '":                         `2:10: run is empty: give a command`,
		"once:\n  - run: x":                         `2:5: not a rule: a task needs inputs`,
		"once:\n  - inputs: x":                      `2:5: not a rule: a task needs a command: run`,
		"once: {run: x, inputs: a, stop: last}":     `1:33: stop: "last": give first`,
		"command: &a x\non: *a":                     `1:10: `,
		"command: a\n---\ncommand: b":               `3:8: a second document: give one`,
		"command: [a":                               `1:10: not YAML: `,
		"on: " + strings.Repeat("[{a: ", 3000):      `1:165: lists and mappings are nested too deep`,
		strings.Repeat("- ", 3000):                  `1:129: lists and mappings are nested too deep`,
		"\tcommand: a":                              `1:8: not YAML: `,
		"? [a]\n: b":                                `2:1: not YAML: found an invalid key for this map`,
		"on: {event: serving}":                      `1:5: not a rule: event goes with run, and with nothing else`,
		"on: {event: serving, run: a, change: b}":   `1:5: not a rule: event goes with run, and with nothing else`,
		"on: {event: serving, run: a, do: nothing}": `1:5: not a rule: event goes with run, and with nothing else`,
		"on: {event: [], run: a}":                   `1:13: event is empty: give serving or failed or crashed or drained`,
		"on: {event: [serving, swapped], run: a}":   `1:23: event: "swapped": give serving or failed or crashed or drained`,
		"beside: ''":                                `1:9: beside is empty: give a command`,
		"beside: {ready: a}":                        `1:9: beside has no run: give a command`,
		"beside: {run: a, failed: (}":               "1:26: failed: error parsing regexp: missing closing ): `(`",
		"beside: {run: a, compiler: b}":             `1:18: "compiler" is no key of beside: it has run, ready, failed`,
	} {
		f, err := Parse("/p/hotswap.yaml", []byte(text))
		if err == nil {
			o := new(options.Options)
			o.Flags()
			err = o.Read(f.File)
		}
		var e *exit.Error
		if err == nil || !strings.HasPrefix(err.Error(), "hotswap.yaml:"+want) || strings.Contains(err.Error(), "\n") ||
			!errors.As(err, &e) || e.Code != exit.CodeUsage {
			t.Errorf("%q:\n got %v %+v\nwant hotswap.yaml:%s", text, err, f, want)
		}
	}
}

func TestEmptyFile(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "{}"} {
		if f := parsed(t, text); f.Command != nil || len(f.Rules)+len(f.Values) > 0 {
			t.Errorf("%q: %+v", text, f)
		}
	}
}

func TestSplit(t *testing.T) {
	for text, want := range map[string][]string{
		"npm run dev":              {"npm", "run", "dev"},
		" node  dist/index.js\n":   {"node", "dist/index.js"},
		"tsc && node .":            {"sh", "-c", "tsc && node ."},
		"PORT=4000 node .":         {"sh", "-c", "PORT=4000 node ."},
		"node --env-file=.env .":   {"node", "--env-file=.env", "."},
		`node "my app.js"`:         {"sh", "-c", `node "my app.js"`},
		"exec node .":              {"sh", "-c", "exec node ."},
		"cd app":                   {"sh", "-c", "cd app"},
		"node a.js\nnode b.js\n":   {"sh", "-c", "node a.js\nnode b.js"},
		"uvicorn app:app --port 1": {"uvicorn", "app:app", "--port", "1"},
	} {
		if got := Split(text); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if f := parsed(t, "\ufeffcommand: [sh, -c, 'a b', 1]\r\n"); !reflect.DeepEqual(f.Command, []string{"sh", "-c", "a b", "1"}) {
		t.Errorf("%q", f.Command)
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	if f, err := Find(dir); f != nil || err != nil {
		t.Fatalf("%+v, %v", f, err)
	}
	path := filepath.Join(dir, Name)
	write := func(text string) {
		t.Helper()
		testkit.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	write("command: top")
	if f, err := Find(dir); err != nil || f.Path != path {
		t.Fatalf("%+v, %v", f, err)
	}
	write(strings.Repeat("#", maxSize+1))
	if _, err := Find(dir); err == nil || err.Error() != "hotswap.yaml: larger than 64 KiB" {
		t.Errorf("%v", err)
	}
	testkit.NoError(t, errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o644)))
	if _, err := Find(dir); err == nil || err.Error() != "hotswap.yaml: not a regular file" {
		t.Errorf("%v", err)
	}
}

// FuzzParse: whatever a file has, there is a file or one line about what is wrong.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"command: a", "on:\n  - change: [a, '!b']\n    run: x\n", "once: {run: x, inputs: a}", "a: &a [*a]",
		"<<: {a: b}", "- |\n a", "%YAML", "\"\\x", "? a\n: b",
		"drain_timeout: 5s\nignore: ['*']", "on:\n- signal: 1\n  change: '*'\n", "\xff\xfe", "a:\r\n b",
		"--- !!x\n...\n---",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4096 {
			return
		}
		late := time.AfterFunc(time.Minute, func() { panic(fmt.Sprintf("hangs: %q", text)) })
		file, err := Parse("/p/hotswap.yaml", text)
		late.Stop()
		if err == nil {
			if _, err := rule.New("/p", file.Rules); err != nil {
				t.Errorf("%q: %v", text, err)
			}
			for _, r := range file.Rules {
				if !strings.HasPrefix(r.Where, "hotswap.yaml:") {
					t.Errorf("%q: a rule at %q", text, r.Where)
				}
			}
			return
		}
		if !strings.HasPrefix(err.Error(), "hotswap.yaml:") {
			t.Errorf("%q: %q", text, err)
		}
	})
}

func TestRulesForEvents(t *testing.T) {
	f := parsed(t,
		"on:\n  - event: [failed, crashed]\n    run: notify-send broken\n  - {event: serving, run: ok}\n  - {change: a, run: b}\n")
	want := []report.Hook{
		{Beside: report.Beside{Name: "hotswap.yaml:2", Command: "notify-send broken"},
			Events: []string{"failed", "crashed"}},
		{Beside: report.Beside{Name: "hotswap.yaml:4", Command: "ok"}, Events: []string{"serving"}},
	}
	if !reflect.DeepEqual(f.Hooks, want) || len(f.Rules) != 1 {
		t.Errorf("%+v", f)
	}
}

func TestBeside(t *testing.T) {
	f := parsed(t, "beside:\n  - tsc -w\n  - run: sh compile\n    ready: ^done\n    failed: ''\n")
	if len(f.Beside) != 2 || f.Beside[0].Command != "tsc -w" || f.Beside[0].Name != "hotswap.yaml:2" ||
		f.Beside[0].Ready != nil || f.Beside[1].Name != "hotswap.yaml:3" {
		t.Fatalf("%+v", f.Beside)
	}
	if b := f.Beside[1]; b.Command != "sh compile" || !b.Ready.MatchString("done in 3 ms") ||
		b.Failed.MatchString("") || b.Failed.MatchString("x") {
		t.Errorf("%+v", b)
	}
	if f := parsed(t, "beside:\n  run: a\n"); len(f.Beside) != 1 || f.Beside[0].Command != "a" {
		t.Errorf("%+v", f.Beside)
	}
	f = parsed(t, "beside: {run: db, ready: 'log:^accepts'}\n")
	if b := f.Beside[0]; !b.Service || !b.Ready.MatchString("accepts clients") || b.Ready.MatchString("log:accepts") {
		t.Errorf("%+v", b)
	}
}
