package rules

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// build makes rules for /r unless the configuration says otherwise.
func build(t *testing.T, cfg Config) *Rules {
	t.Helper()
	cfg.Root = cmp.Or(cfg.Root, "/r")
	if cfg.Roots == nil {
		cfg.Roots = []string{cfg.Root}
	}
	return testkit.Must(New(cfg))(t)
}

// ask gives the verdict on a path; a slash at the end makes it a folder. Each
// folder above a file is asked first, as a walk would.
func ask(r *Rules, p string) bool {
	if dir, ok := strings.CutSuffix(p, "/"); ok {
		return r.Descend(dir)
	}
	return r.Counts(p)
}

func TestCounts(t *testing.T) {
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
			"/r/a.py /r/README.md /r/Makefile /other/a.ts /rr/a.ts"},
		{"python", Config{Command: []string{"python3.12", "-m", "x"}}, nil,
			"/r/a.py /r/a.pyi /r/a.toml /r/a.html /r/a.jinja /r/.env /r/.flaskenv", "/r/a.ts /r/a.json /r/a.pyc"},
		{"go", Config{Command: []string{"go", "run", "."}}, nil, "/r/a.go /r/go.mod /r/go.sum /r/a.tmpl /r/a.templ",
			"/r/a.ts"},
		{"ruby", Config{Command: []string{"bundle", "exec", "puma"}}, nil, "/r/a.rb /r/config.ru /r/a.erb", "/r/a.ts"},
		{"unclear is all", Config{Command: []string{"make", "dev"}}, nil,
			"/r/a.rb /r/a.go /r/a.ts /r/a.php /r/a.rs /r/a.java /r/a.kt /r/a.ex", "/r/a.md"},
		{"a binary does not read go", Config{Command: []string{"./server"}, Native: true, Programs: []string{"server"}},
			nil, "/r/server /r/a.yaml /r/a.html", "/r/a.go /r/a.rs"},
		{"binary elsewhere", Config{Command: []string{"/opt/x/server"}, Programs: []string{"/opt/x/server"}}, nil,
			"/opt/x/server /r/a.go", "/opt/x/other /opt/x/a.go"},
		{"binary in target", Config{Programs: []string{"target/debug/api"}}, nil,
			"/r/target/ /r/target/debug/ /r/target/debug/api",
			"/r/target/debug/deps/ /r/target/debug/a.rs /r/target/a.rs"},
		{"script in dist", Config{Programs: []string{"dist/server.js"}, Command: []string{"node"}},
			map[string]string{"/r": "dist"}, "/r/dist/server.js /r/dist/lib/a.js",
			"/r/dist/node_modules/x.js /r/build/a.js"},
		{"script in node_modules", Config{Programs: []string{"node_modules/.bin/tsx.js"}, Command: []string{"node"}},
			nil, "/r/node_modules/.bin/tsx.js", "/r/node_modules/a.js /r/node_modules/lib/"},
		{"script beside a cache", Config{Programs: []string{".next/standalone/server.js"}, Command: []string{"node"}},
			nil, "/r/.next/standalone/x.js", "/r/.next/cache/a.js"},
		{"what a build makes", Config{Command: []string{"node", "dist/server.js"}, Builds: []string{"tsc -p ."},
			Programs: []string{"dist/server.js"}}, nil, "/r/a.ts /r/dist.ts", "/r/dist/ /r/dist/server.js"},
		{"what a build makes, ignored by git", Config{Builds: []string{"esbuild a.ts"}, Programs: []string{"bundle.js"},
			Command: []string{"node"}}, map[string]string{"/r": "bundle.js"}, "/r/a.ts", "/r/bundle.js"},
		{"a script beside a build", Config{Builds: []string{"sqlc generate"}, Programs: []string{"run", "/opt/run"},
			Command: []string{"node"}}, nil, "/r/a.ts /r/run /opt/run", "/r/ran"},
		{"what a build reads", Config{Command: []string{"./server"}, Native: true,
			Builds: []string{"go generate ./... && go build -o server ."}}, nil, "/r/a.go /r/go.mod", "/r/a.rs"},
		{"never", node, nil, "/r/src/dist/a.ts /r/src/coverage/a.ts /r/distance/a.ts",
			"/r/node_modules/ /r/packages/a/node_modules/b/c.ts /r/.git/a.json /r/.hg/ /r/.svn/ /r/dist/a.js /r/packages/a/dist/a.js /r/build/ /r/out/ /r/target/ /r/.next/ /r/.nuxt/ /r/coverage/ /r/.turbo/ /r/.cache/ /r/__pycache__/ /r/.venv/ /r/venv/ /r/.pytest_cache/ /r/.mypy_cache/ /r/.idea/ /r/.vscode/ /r/.claude/ /r/src/node_modules/ /r/tmp/hotswap-run-7/standby-8/plan.json"},
		{"the root of all", Config{Root: "/", Command: []string{"node"}}, nil, "/a.ts /x/proc/a.ts",
			"/proc/ /proc/a.json /sys/ /dev/a.ts"},
		{"droppings", Config{Include: []string{"**"}}, nil, "/r/a /r/4914 /r/a.swf",
			"/r/a.ts~ /r/.#a.ts /r/.a.ts.swp /r/.a.swx /r/4913 /r/#a.ts# /r/.DS_Store"},
		{"data", node, nil, "/r/a.json",
			"/r/a.log /r/a.db /r/a.sqlite /r/a.db-wal /r/a.sqlite-shm /r/a.db-journal /r/yarn.lock /r/package-lock.json"},
		{"one extension", Config{Ignore: []string{"*.*", "!*.ts"}, Command: []string{"node"}}, nil,
			"/r/a.ts /r/src/a.ts", "/r/a.js /r/src/a.json"},
		{"watch a file", Config{Include: []string{"notes.txt", "../x/y.md"}, Command: []string{"node"}}, nil,
			"/r/notes.txt /x/y.md /r/a.ts", "/r/other.txt /x/z.md"},
		{"watch a folder", Config{Include: []string{"dist", "node_modules/lib", "/else"},
			Except: func(_, p string) bool { return Within(p, "/r/dist/live") }, Command: []string{"node"}},
			map[string]string{"/r": "dist\n"},
			"/r/dist/a.js /r/node_modules/lib/a.js /r/node_modules/ /else/a.ts /else/deep/ /r/a.ts",
			"/r/dist/a.txt /r/node_modules/a.js /r/node_modules/other/ /r/dist/node_modules/ /r/dist/live/ /r/dist/live/a.js"},
		{"watch a glob", Config{Include: []string{"conf/**/*.{txt,log}"}, Command: []string{"node"}},
			map[string]string{"/r": "*.txt"}, "/r/conf/a.txt /r/conf/x/y/a.txt /r/conf/a.log /r/conf/a.js",
			"/r/a.txt /r/conf/a.txt~ /r/conf/node_modules/a.txt"},
		{"watch a glob in what is ignored", Config{Include: []string{"public/build/**/*.css", "gen/x/*.css"},
			Command: []string{"node"}}, map[string]string{"/r": "gen"},
			"/r/public/a.js /r/public/build/a.css /r/public/build/x/a.css /r/gen/x/a.css",
			"/r/public/build/a.js /r/public/build/x/a.js /r/gen/x/a.js"},
		{"glob beside narrow roots", Config{Roots: []string{"src"}, Include: []string{"*.md"},
			Command: []string{"node"}}, nil, "/r/src/a.ts /r/src/vendor/a.ts /r/x.md",
			"/r/a.ts /r/x/a.md /r/src/node_modules/"},
		{"ignore wins", Config{Ignore: []string{"gen/", "*.spec.ts", "/top.ts", "a/{b,c}/**", "./dot.ts", "/r/abs/*.ts",
			"!gen/keep"}, Include: []string{"gen", "top.ts"}, Command: []string{"node"}}, nil,
			"/r/a.ts /r/x/top.ts /r/x/abs/a.ts /r/a/d/x.ts",
			"/r/gen/ /r/gen/a.ts /r/x/a.spec.ts /r/top.ts /r/a/b/x.ts /r/a/c/x.ts /r/dot.ts /r/abs/a.ts"},
		{"gitignore", Config{Command: []string{"node"}}, map[string]string{"/r": "gen/\n*.gen.ts\n!keep.gen.ts",
			"/r/sub": "local.ts", "/": "*.top.ts"},
			"/r/a.ts /r/keep.gen.ts /r/local.ts",
			"/r/gen/ /r/gen/a.ts /r/a.gen.ts /r/sub/local.ts /r/sub/x/local.ts /r/a.top.ts"},
		{"translations are read though ignored", Config{Command: []string{"./manage.py", "runserver"}},
			map[string]string{"/r": "*.mo\n*.pot\nbuild/"}, "/r/locale/de/LC_MESSAGES/django.mo",
			"/r/locale/django.pot /r/locale/de/LC_MESSAGES/django.po /r/build/x.mo"},
		{"env is read though ignored", Config{Command: []string{"node"}}, map[string]string{"/r": ".env*\nsecret/"},
			"/r/.env /r/.env.local", "/r/secret/.env"},
		{"a root inside an ignored folder", Config{Root: "/r/build/x", Command: []string{"node"}},
			map[string]string{"/r": "build"}, "/r/build/x/a.ts", "/r/build/a.ts"},
		{"a path outside is ignored", Config{Command: []string{"node"}, Include: []string{"/else"},
			Ignore: []string{"../else/own"}}, nil, "/else/a.ts", "/else/own/a.ts /else/own/"},
		{"a single file as root", Config{Roots: []string{"/q/only.conf"}}, nil, "/q/only.conf", "/q/a.ts /r/a.ts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := build(t, tt.cfg)
			for dir, lines := range tt.git {
				r.SetGitignore(dir, []byte(lines), Inside)
			}
			for p := range strings.FieldsSeq(tt.wanted) {
				if !ask(r, p) {
					t.Errorf("%s does not count", p)
				}
			}
			for p := range strings.FieldsSeq(tt.not) {
				if ask(r, p) {
					t.Errorf("%s counts", p)
				}
			}
		})
	}
}

// The name of the root is no pattern, and neither is the name of what is there.
func TestNamesThatLookLikePatterns(t *testing.T) {
	for _, root := range []string{"/r", "/a [old]", "/a{b,c}d", `/a\b`, "/a*"} {
		r := build(t, Config{
			Root: root, Roots: []string{"none"}, Include: []string{"conf/*.x", "[slug]", "a{b}.txt",
				"new/[...all]/{x}-[a,b]*.sql"}, Ignore: []string{"[gen]", "new/**/[[no]]/*", Literal.Replace(root) +
				"/conf/out*"}, Command: []string{"node"},
			Exists: func(p string) bool { return p == root+"/[slug]" || p == root+"/a{b}.txt" || p == root+"/[gen]" },
		})
		for p, want := range map[string]bool{"conf/a.x": true, "[slug]/a.ts": true, "a{b}.txt": true, "s": false,
			"ab.txt": false, "[slug]/[gen]": false, "[slug]/g/a.ts": true, "conf/out.x": false,
			"new/[...all]/{x}-a.sql": true, "new/l/x-b1.sql": true, "new/[...all]/x-c.sql": false,
			"new/[...all]/[[no]]/a.ts": false} {
			if got := ask(r, root+"/"+p); got != want {
				t.Errorf("%s/%s counts: %v", root, p, got)
			}
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, cfg := range []Config{
		{Root: "rel"}, {Root: "/r", Include: []string{"a[*"}}, {Root: "/r", Include: []string{""}},
		{Root: "/r", Ignore: []string{"a["}},
	} {
		if _, err := New(cfg); !errors.Is(err, ErrPattern) {
			t.Errorf("New(%+v) = %v, want ErrPattern", cfg, err)
		}
	}
}

func TestBases(t *testing.T) {
	r := build(t, Config{Roots: []string{"src", "/abs/f.conf"}, Include: []string{"x.txt", "conf/**/*.yml"},
		Programs: []string{"bin/www", "dist/a.js"}})
	want := []string{"/abs/f.conf", "/r/bin/www", "/r/conf", "/r/dist", "/r/dist/a.js", "/r/src", "/r/x.txt"}
	if got := r.Bases(); !slices.Equal(got, want) {
		t.Errorf("Bases() = %q, want %q", got, want)
	}
}
