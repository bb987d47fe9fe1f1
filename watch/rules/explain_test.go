package rules

import (
	"path/filepath"
	"strings"
	"testing"
)

// explained returns rules in which each reason has a file.
func explained(t testing.TB) *Rules {
	r, err := New(Config{
		Root: "/r", Command: []string{"node", "server.js"}, Programs: []string{"server.js"},
		Include:  []string{"notes.txt", "node_modules/lib", "conf/**/*.txt", "/else/**/*.md"},
		Ignore:   []string{"*.spec.ts", "gen/", "/r/abs/*.ts"},
		Packages: []Packages{{Dir: "/r/node_modules"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.SetGitignore("/r", []byte("# what\n\nlocal/\n*.gen.ts\n!keep.gen.ts\nnode_modules/\n{odd}.ts\n"))
	r.SetGitignore("/r/sub", []byte("/mine.ts"))
	r.SetLoaded(nil, []string{"/elsewhere/dep.js"})
	return r
}

func TestExplain(t *testing.T) {
	r := explained(t)
	for _, tt := range []struct {
		file string
		want Explanation
	}{
		{"a.spec.ts", Explanation{Reason: Ignored, Pattern: "*.spec.ts"}},
		{"x/gen/deep/a.ts", Explanation{Reason: Ignored, Pattern: "gen/", Folder: "/r/x/gen"}},
		{"abs/a.ts", Explanation{Reason: Ignored, Pattern: "/r/abs/*.ts"}},
		{"/other/a.ts", Explanation{Reason: Outside}},
		{"packages/a/dist/x/y.js", Explanation{Reason: NoSource, Folder: "/r/packages/a/dist"}},
		{"node_modules/a/b.js", Explanation{Reason: NoSource, Folder: "/r/node_modules"}},
		{"local/src/a.ts", Explanation{Reason: GitIgnored, Pattern: "local/", Source: "/r/.gitignore", Line: 3, Folder: "/r/local"}},
		{"a.gen.ts", Explanation{Reason: GitIgnored, Pattern: "*.gen.ts", Source: "/r/.gitignore", Line: 4}},
		{"{odd}.ts", Explanation{Reason: GitIgnored, Pattern: "{odd}.ts", Source: "/r/.gitignore", Line: 7}},
		{"sub/mine.ts", Explanation{Reason: GitIgnored, Pattern: "/mine.ts", Source: "/r/sub/.gitignore", Line: 1}},
		{".a.ts.swp", Explanation{Reason: EditorTemp}},
		{"/else/a.ts", Explanation{Reason: Unmatched}},
		{"app.log", Explanation{Reason: Data}},
		{"README.md", Explanation{Reason: OtherKind, Ext: ".md"}},
		{"Makefile", Explanation{Reason: OtherKind}},

		{"server.js", Explanation{Reason: Named, Program: true}},
		{"notes.txt", Explanation{Reason: Named, Chosen: true, Pattern: "notes.txt"}},
		{"/elsewhere/dep.js", Explanation{Reason: Loaded}},
		{"node_modules", Explanation{Reason: Package}},
		{"conf/x/a.txt", Explanation{Reason: Matched, Chosen: true, Pattern: "conf/**/*.txt"}},
		{".env.local", Explanation{Reason: Environment}},
		{"keep.gen.ts", Explanation{Reason: OfKind, Ext: ".ts"}},
		{"node_modules/lib/a.js", Explanation{Reason: OfKind, Chosen: true, Ext: ".js"}},
		{"package.json", Explanation{Reason: OfKind}},
	} {
		file := tt.file
		if !filepath.IsAbs(file) {
			file = "/r/" + file
		}
		if got := r.Explain(file); got != tt.want {
			t.Errorf("Explain(%s) = %+v, want %+v", file, got, tt.want)
		}
	}
}

func TestExplainExtensions(t *testing.T) {
	r, err := New(Config{Root: "/r", Command: []string{"make"}, Ext: []string{"html.erb"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Explain("/r/a.html.erb"), (Explanation{Reason: OfKind, Ext: ".html.erb", Asked: true}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := r.Explain("/r/a.erb"), (Explanation{Reason: OtherKind, Ext: ".erb", Asked: true}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Every reason that has a cause names it, and a file of which the cause is taken away has
// another reason.
func FuzzExplain(f *testing.F) {
	f.Add("src/a.ts", "*.ts\n!a.ts", "gen/")
	f.Add("a/b/dist/c.ts", "b/", "!b")
	f.Add("x/y/z.ts", "y/**\n!y/z.ts\n", "{x,w}/z.ts")
	f.Add("../x", "", "../*")
	f.Fuzz(func(t *testing.T, file, lines, ignore string) {
		r, err := New(Config{Root: "/r", Kind: Node, Ignore: []string{ignore}})
		if err != nil {
			return
		}
		r.SetGitignore("/r", []byte(lines))
		file = clean("/r/" + file)
		e := r.Explain(file)
		if e.Counts() != r.Counts(file) {
			t.Fatalf("%+v, but Counts says %v", e, r.Counts(file))
		}
		if e.Folder != "" && !strings.HasPrefix(file, e.Folder+"/") {
			t.Fatalf("%s does not lie in %s", file, e.Folder)
		}
		switch e.Reason {
		case Ignored:
			if e.Pattern == "" {
				t.Fatalf("no pattern: %+v", e)
			}
			r.ignore = nil
		case NoSource:
			if e.Folder == "" {
				t.Fatalf("no folder: %+v", e)
			}
			return
		case GitIgnored:
			all := strings.Split(strings.TrimPrefix(lines, "\xef\xbb\xbf"), "\n")
			if e.Source != "/r/.gitignore" || e.Line < 1 || e.Line > len(all) || !strings.HasPrefix(all[e.Line-1], e.Pattern) {
				t.Fatalf("%q is not in line %d of %q", e.Pattern, e.Line, lines)
			}
			for range len(all) { // other lines may name the file too
				if again := r.Explain(file); again.Reason != GitIgnored {
					break
				} else if e = again; e.Line > 0 {
					all[e.Line-1] = ""
					r.SetGitignore("/r", []byte(strings.Join(all, "\n")))
				}
			}
		default:
			return
		}
		if again := r.Explain(file); again.Reason == e.Reason {
			t.Fatalf("%+v without its cause", again)
		}
	})
}

// BenchmarkCounts decides about the files of a walk.
func BenchmarkCounts(b *testing.B) {
	r := explained(b)
	var files []string
	for _, dir := range []string{"/r", "/r/src", "/r/src/routes/api/v1", "/r/packages/a/dist"} {
		for _, name := range []string{"a.ts", "b.gen.ts", "c.json", "d.md", "e.log", "index.test.ts", "Makefile", "f.tsx"} {
			files = append(files, dir+"/"+name)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range files {
			r.Counts(f)
		}
	}
}
