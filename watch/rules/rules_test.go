package rules

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// build makes rules for /r unless the configuration says otherwise.
func build(t *testing.T, cfg Config) *Rules {
	t.Helper()
	if cfg.Root == "" {
		cfg.Root = "/r"
	}
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ask gives the verdict on a path; a slash at the end makes it a folder. Each
// folder above a file is asked first, as a walk would.
func ask(r *Rules, p string) Verdict {
	if dir, ok := strings.CutSuffix(p, "/"); ok {
		return r.Dir(dir)
	}
	return r.File(p)
}

func TestVerdict(t *testing.T) {
	node := Config{Command: []string{"node", "x"}}
	tests := []struct {
		name   string
		cfg    Config
		git    map[string]string // folder → .gitignore
		wanted string
		not    string // path:verdict
	}{
		{"node", node, nil,
			"/r/a.ts /r/b.tsx /r/c.mts /r/d.cts /r/e.js /r/f.jsx /r/g.mjs /r/h.cjs /r/i.json /r/deep/er/j.ts /r/.env /r/.env.local /r/package.json /r/tsconfig.build.json /r/x.yaml /r/x.graphql /r/x.sql /r/x.proto",
			"/r/a.py:4 /r/README.md:4 /r/Makefile:4 /other/a.ts:0 /rr/a.ts:0"},
		{"python", Config{Command: []string{"python3.12", "-m", "x"}}, nil, "/r/a.py /r/a.pyi /r/a.toml /r/a.html /r/a.jinja /r/.env", "/r/a.ts:4 /r/a.json:4 /r/a.pyc:2"},
		{"go", Config{Command: []string{"go", "run", "."}}, nil, "/r/a.go /r/go.mod /r/go.sum /r/a.tmpl", "/r/a.ts:4"},
		{"ruby", Config{Command: []string{"bundle", "exec", "puma"}}, nil, "/r/a.rb /r/config.ru /r/a.erb", "/r/a.ts:4"},
		{"unclear is all", Config{Command: []string{"make", "dev"}}, nil, "/r/a.rb /r/a.go /r/a.ts /r/a.php /r/a.rs /r/a.java /r/a.kt /r/a.ex", "/r/a.md:4"},
		{"a binary does not read go", Config{Command: []string{"./server"}, Native: true, Programs: []string{"server"}}, nil, "/r/server /r/a.yaml /r/a.html", "/r/a.go:4 /r/a.rs:4"},
		{"binary elsewhere", Config{Command: []string{"/opt/x/server"}, Programs: []string{"/opt/x/server"}}, nil, "/opt/x/server /r/a.go", "/opt/x/other:0 /opt/x/a.go:0"},
		{"binary in target", Config{Programs: []string{"target/debug/api"}}, nil, "/r/target/ /r/target/debug/ /r/target/debug/api", "/r/target/debug/deps/:2 /r/target/debug/a.rs:2 /r/target/a.rs:2"},
		{"script in dist", Config{Programs: []string{"dist/server.js"}, Kind: Node}, map[string]string{"/r": "dist"}, "/r/dist/server.js /r/dist/lib/a.js", "/r/dist/node_modules/x.js:2 /r/build/a.js:2"},
		{"script in node_modules", Config{Programs: []string{"node_modules/.bin/tsx.js"}, Kind: Node}, nil, "/r/node_modules/.bin/tsx.js", "/r/node_modules/a.js:2 /r/node_modules/lib/:2"},
		{"script beside a cache", Config{Programs: []string{".next/standalone/server.js"}, Kind: Node}, nil, "/r/.next/standalone/x.js", "/r/.next/cache/a.js:2"},
		{"what a build makes", Config{Command: []string{"node", "dist/server.js"}, Builds: []string{"tsc -p ."}, Programs: []string{"dist/server.js"}}, nil, "/r/a.ts /r/dist.ts", "/r/dist/:2 /r/dist/server.js:2"},
		{"what a build makes, ignored by git", Config{Builds: []string{"esbuild a.ts"}, Programs: []string{"bundle.js"}, Kind: Node}, map[string]string{"/r": "bundle.js"}, "/r/a.ts", "/r/bundle.js:3"},
		{"a script beside a build", Config{Builds: []string{"sqlc generate"}, Programs: []string{"run", "/opt/run"}, Kind: Node}, nil, "/r/a.ts /r/run /opt/run", "/r/ran:4"},
		{"what a build reads", Config{Command: []string{"./server"}, Native: true, Builds: []string{"go generate ./... && go build -o server ."}}, nil, "/r/a.go /r/go.mod", "/r/a.rs:4"},
		{"never", node, nil, "/r/src/dist/a.ts /r/src/coverage/a.ts /r/distance/a.ts",
			"/r/node_modules/:2 /r/packages/a/node_modules/b/c.ts:2 /r/.git/a.json:2 /r/.hg/:2 /r/.svn/:2 /r/dist/a.js:2 /r/packages/a/dist/a.js:2 /r/build/:2 /r/out/:2 /r/target/:2 /r/.next/:2 /r/.nuxt/:2 /r/coverage/:2 /r/.turbo/:2 /r/.cache/:2 /r/__pycache__/:2 /r/.venv/:2 /r/venv/:2 /r/.pytest_cache/:2 /r/.mypy_cache/:2 /r/.idea/:2 /r/.vscode/:2 /r/src/node_modules/:2 /r/tmp/hotswap-run-7/standby-8/plan.json:2"},
		{"droppings", Config{Ext: []string{"*"}}, nil, "/r/a /r/4914 /r/a.swf",
			"/r/a.ts~:2 /r/.#a.ts:2 /r/.a.ts.swp:2 /r/.a.swx:2 /r/4913:2 /r/#a.ts#:2 /r/a.log:2 /r/a.db:2 /r/a.sqlite:2 /r/a.db-wal:2 /r/a.sqlite-shm:2 /r/a.db-journal:2 /r/yarn.lock:2 /r/package-lock.json:2 /r/.DS_Store:2"},
		{"ext replaces", Config{Ext: []string{"md,.txt", "html.erb"}, Command: []string{"node"}}, nil, "/r/a.md /r/a.txt /r/a.html.erb /r/.env /r/package.json", "/r/a.ts:4 /r/a.erb:4 /r/a.yaml:4"},
		{"watch a file", Config{Include: []string{"notes.txt", "../x/y.md"}, Kind: Node}, nil, "/r/notes.txt /x/y.md /r/a.ts", "/r/other.txt:4 /x/z.md:0"},
		{"watch a folder", Config{Include: []string{"dist", "node_modules/lib", "/else"}, Kind: Node}, map[string]string{"/r": "dist\n"},
			"/r/dist/a.js /r/node_modules/lib/a.js /r/node_modules/ /else/a.ts /else/deep/ /r/a.ts", "/r/dist/a.txt:4 /r/node_modules/a.js:2 /r/node_modules/other/:2 /r/dist/node_modules/:2"},
		{"watch a glob", Config{Include: []string{"conf/**/*.{txt,log}"}, Kind: Node}, map[string]string{"/r": "*.txt"}, "/r/conf/a.txt /r/conf/x/y/a.txt /r/conf/a.log /r/conf/a.js", "/r/a.txt:4 /r/conf/a.txt~:2 /r/conf/node_modules/a.txt:2"},
		{"glob beside narrow roots", Config{Roots: []string{"src"}, Include: []string{"*.md"}, Kind: Node}, nil, "/r/src/a.ts /r/x.md", "/r/a.ts:4 /r/x/a.md:4"},
		{"ignore wins", Config{Ignore: []string{"gen/", "*.spec.ts", "/top.ts", "a/{b,c}/**", "./dot.ts", "/r/abs/*.ts", "!gen/keep"}, Include: []string{"gen", "top.ts"}, Kind: Node}, nil,
			"/r/a.ts /r/x/top.ts /r/x/abs/a.ts /r/a/d/x.ts", "/r/gen/:1 /r/gen/a.ts:1 /r/x/a.spec.ts:1 /r/top.ts:1 /r/a/b/x.ts:1 /r/a/c/x.ts:1 /r/dot.ts:1 /r/abs/a.ts:1"},
		{"gitignore", Config{Kind: Node}, map[string]string{"/r": "gen/\n*.gen.ts\n!keep.gen.ts", "/r/sub": "local.ts", "/": "*.top.ts"},
			"/r/a.ts /r/keep.gen.ts /r/local.ts", "/r/gen/:3 /r/gen/a.ts:3 /r/a.gen.ts:3 /r/sub/local.ts:3 /r/sub/x/local.ts:3 /r/a.top.ts:3"},
		{"env is read though ignored", Config{Kind: Node}, map[string]string{"/r": ".env*\nsecret/"}, "/r/.env /r/.env.local", "/r/secret/.env:3"},
		{"a root inside an ignored folder", Config{Root: "/r/build/x", Kind: Node}, map[string]string{"/r": "build"}, "/r/build/x/a.ts", "/r/build/a.ts:0"},
		{"a single file as root", Config{Roots: []string{"/q/only.conf"}}, nil, "/q/only.conf", "/q/a.ts:0 /r/a.ts:0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := build(t, tt.cfg)
			for dir, lines := range tt.git {
				r.SetGitignore(dir, []byte(lines))
			}
			for p := range strings.FieldsSeq(tt.wanted) {
				if got := ask(r, p); got != Wanted {
					t.Errorf("%s: %v, want it watched", p, got)
				}
			}
			for word := range strings.FieldsSeq(tt.not) {
				p, want := word[:len(word)-2], Verdict(word[len(word)-1]-'0')
				if got := ask(r, p); got != want {
					t.Errorf("%s: %v, want %v", p, got, want)
				}
			}
		})
	}
}

func TestGitignoreIsReplaced(t *testing.T) {
	r := build(t, Config{Kind: Node})
	r.SetGitignore("/r", []byte("gen/"))
	r.SetExclude("/r", []byte("local/\n!gen/"))
	if ask(r, "/r/gen/a.ts") != GitIgnored || ask(r, "/r/local/a.ts") != GitIgnored {
		t.Fatal("not ignored, or exclude wins over .gitignore")
	}
	r.SetGitignore("/r", nil)
	r.SetExclude("/r", nil)
	if ask(r, "/r/gen/a.ts") != Wanted || ask(r, "/r/local/a.ts") != Wanted {
		t.Fatal("still ignored")
	}
}

func TestNewRefuses(t *testing.T) {
	for _, cfg := range []Config{
		{Root: "rel"}, {Root: "/r", Include: []string{"a[*"}}, {Root: "/r", Include: []string{""}}, {Root: "/r", Ignore: []string{"a["}},
	} {
		if _, err := New(cfg); !errors.Is(err, ErrPattern) {
			t.Errorf("New(%+v) = %v, want ErrPattern", cfg, err)
		}
	}
}

func TestBases(t *testing.T) {
	r := build(t, Config{Roots: []string{"src", "/abs/f.conf"}, Include: []string{"x.txt", "conf/**/*.yml"}, Programs: []string{"bin/www", "dist/a.js"}})
	want := []string{"/abs/f.conf", "/r/bin/www", "/r/conf", "/r/dist", "/r/dist/a.js", "/r/src", "/r/x.txt"}
	if got := r.Bases(); !slices.Equal(got, want) {
		t.Errorf("Bases() = %q, want %q", got, want)
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("src/**/*.ts", "*.log", "ts,js", "npm run dev", "/r/src/a.ts")
	f.Add("{a,b}/[!c]", "!x/\\", "*", `sh -c 'cd x && "`, "/../..")
	f.Add("../..", "../", ".", "env A=b", "")
	f.Fuzz(func(t *testing.T, include, ignore, ext, command, p string) {
		argv := strings.Fields(command)
		r, err := New(Config{
			Root: "/r", Include: []string{include}, Ignore: []string{ignore}, Ext: []string{ext}, Command: argv,
			Programs: Programs(argv, func(w string) bool { return len(w)%2 == 0 }),
		})
		if err != nil {
			if !errors.Is(err, ErrPattern) {
				t.Fatalf("error %v does not wrap ErrPattern", err)
			}
			return
		}
		if KindOf([]string{"sh", "-c", command}) == 0 || KindOf(argv) == 0 {
			t.Fatal("a command of no kind")
		}
		if file := r.File(p); file.Watch() && len(r.Bases()) == 0 {
			t.Fatal("watched without a base")
		}
		r.Dir(p)
	})
}
