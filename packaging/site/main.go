// Command site writes the pages of the repository as static HTML into a folder, and fails if a link between them
// leads nowhere. Links to other files of the repository become links to GitHub.
package main

import (
	"bytes"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"io/fs"
	"log"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

const repository = "https://github.com/hotswap-dev/hotswap/"

//go:embed page.html
var layout string

var (
	page     = template.Must(template.New("page").Parse(layout))
	markdown = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
)

// site is what is written: the pages by their paths in the repository.
type site struct {
	root, out string
	pages     map[string]string // path of the source → path of the HTML
	anchors   map[string]bool   // path of the HTML, "#", ID
	links     []link
	assets    map[string]bool // other files that pages show
}

// link is one that must lead to an anchor, or to a page if its fragment is empty.
type link struct{ from, written, to string }

func main() {
	root := flag.String("root", ".", "the repository")
	out := flag.String("out", "dist/site", "the folder to write, which is emptied first")
	flag.Parse()
	s := &site{root: *root, out: *out, pages: map[string]string{}, anchors: map[string]bool{}, assets: map[string]bool{}}
	if err := s.write(); err != nil {
		log.Fatalf("site: %v", err)
	}
	fmt.Printf("site: %d pages and %d other files in %s, %d links checked\n", len(s.pages), len(s.assets), *out, len(s.links))
}

func (s *site) write() error {
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*/README.md"} {
		files, err := fs.Glob(os.DirFS(s.root), pattern)
		if err != nil || len(files) == 0 {
			return fmt.Errorf("%s: no page (%v)", pattern, err)
		}
		for _, file := range files {
			html := strings.ToLower(strings.TrimSuffix(file, ".md")) + ".html"
			s.pages[file] = strings.Replace(html, "readme.html", "index.html", 1)
		}
	}
	for _, l := range regexp.MustCompile(`{{.Home}}([^"]+)`).FindAllStringSubmatch(layout, -1) {
		s.links = append(s.links, link{"page.html", l[1], l[1] + "#"})
	}
	if err := os.RemoveAll(s.out); err != nil {
		return err
	}
	for file := range s.pages {
		if err := s.convert(file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	for asset := range s.assets {
		b, err := os.ReadFile(filepath.Join(s.root, asset))
		if err == nil {
			err = s.put(asset, b)
		}
		if err != nil {
			return err
		}
	}
	return s.check()
}

func (s *site) put(name string, b []byte) error {
	file := filepath.Join(s.out, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o644)
}

// convert writes a page, with its links turned.
func (s *site) convert(file string) error {
	source, err := os.ReadFile(filepath.Join(s.root, file))
	if err != nil {
		return err
	}
	ids := &githubIDs{used: map[string]bool{}}
	tree := markdown.Parser().Parse(text.NewReader(source), parser.WithContext(parser.NewContext(parser.WithIDs(ids))))
	title := "hotswap"
	err = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if n.Level == 1 {
				title = string(n.Lines().Value(source))
			}
		case *ast.Link:
			n.Destination, err = s.turn(file, n.Destination, repository+"blob/main/")
		case *ast.Image:
			n.Destination, err = s.turn(file, n.Destination, "")
		}
		return ast.WalkContinue, err
	})
	if err != nil {
		return err
	}
	html := s.pages[file]
	for id := range ids.used {
		s.anchors[html+"#"+id] = true
	}
	s.anchors[html+"#"] = true
	var body, whole bytes.Buffer
	if err := markdown.Renderer().Render(&body, source, tree); err != nil {
		return err
	}
	err = page.Execute(&whole, map[string]any{
		"Title": title, "Body": template.HTML(body.String()), "Home": strings.Repeat("../", strings.Count(html, "/")), "Source": repository + "blob/main/" + file,
	})
	if err != nil {
		return err
	}
	return s.put(html, whole.Bytes())
}

// turn returns where a link of a page leads on the site. A file that is no page is below elsewhere, or copied if
// elsewhere is empty.
func (s *site) turn(file string, written []byte, elsewhere string) ([]byte, error) {
	u, err := url.Parse(string(written))
	if err != nil || u.Scheme != "" || u.Host != "" {
		return written, err
	}
	target := path.Join(path.Dir(file), u.Path)
	if u.Path == "" {
		target = file
	}
	info, err := os.Stat(filepath.Join(s.root, target))
	if err != nil {
		return nil, fmt.Errorf("the link %s leads nowhere: %w", written, err)
	}
	if info.IsDir() {
		if _, ok := s.pages[path.Join(target, "README.md")]; ok {
			target = path.Join(target, "README.md")
		}
	}
	html, ok := s.pages[target]
	switch {
	case ok:
		s.links = append(s.links, link{file, string(written), html + "#" + u.Fragment})
		target = html
	case elsewhere == "":
		s.assets[target] = true
	default:
		return []byte(elsewhere + target), nil
	}
	relative, err := filepath.Rel(path.Dir(s.pages[file]), target)
	if u.Fragment != "" {
		relative += "#" + u.Fragment
	}
	return []byte(relative), err
}

// check returns an error that names each link which leads nowhere.
func (s *site) check() error {
	var broken []error
	for _, l := range s.links {
		if !s.anchors[l.to] {
			broken = append(broken, fmt.Errorf("%s: the link %s leads nowhere: %s", l.from, l.written, l.to))
		}
	}
	return errors.Join(broken...)
}

// githubIDs gives headings the anchors that GitHub gives them, because the pages link to those.
type githubIDs struct{ used map[string]bool }

var dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

func (g *githubIDs) Generate(value []byte, _ ast.NodeKind) []byte {
	base := strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(string(value)), ""), " ", "-")
	id := base
	for n := 1; g.used[id]; n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	g.used[id] = true
	return []byte(id)
}

func (g *githubIDs) Put(value []byte) { g.used[string(value)] = true }
