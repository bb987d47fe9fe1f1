package watcher

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/tailscale/hujson"
)

// fileLimit bounds the files that are read, in bytes.
const fileLimit = 256 << 10

// Project is a folder whose files are read at most once.
type Project struct {
	Files     fs.FS
	texts     map[string]*string
	manifests map[string]*Manifest
}

func NewProject(files fs.FS) *Project {
	return &Project{files, map[string]*string{}, map[string]*Manifest{}}
}

// Kind is what stands at a path.
type Kind int

const (
	Nothing Kind = iota
	File
	Folder
)

// Stat returns what stands at a path. inside is false for a path that is not below the
// project's folder: it is not looked at.
func (p *Project) Stat(name string) (kind Kind, inside bool) {
	name = path.Clean(name)
	if !fs.ValidPath(name) {
		return Nothing, false
	}
	info, err := fs.Stat(p.Files, name)
	switch {
	case err != nil:
		return Nothing, true
	case info.IsDir():
		return Folder, true
	}
	return File, true
}

// Has reports whether a file or a folder is there.
func (p *Project) Has(name string) bool {
	kind, _ := p.Stat(name)
	return kind != Nothing
}

var (
	errTooLong = errors.New("too long")
	errNotText = errors.New("not UTF-8")
)

// Read returns the text of a regular file in UTF-8 that is not too long.
func (p *Project) Read(name string) (text string, ok bool) {
	name = path.Clean(name)
	if t, known := p.texts[name]; known {
		if t == nil {
			return "", false
		}
		return *t, true
	}
	b, err := readFile(p.Files, name)
	if err != nil {
		p.texts[name] = nil
		return "", false
	}
	text = string(b)
	p.texts[name] = &text
	return text, true
}

func readFile(files fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fs.ErrInvalid // a pipe would wait
	}
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, fileLimit+1))
	switch {
	case err != nil:
	case len(b) > fileLimit:
		err = errTooLong
	case !utf8.Valid(b):
		err = errNotText // hotswap.yaml could not say the same
	}
	return b, err
}

// ByteOrderMark stands at the beginning of files that some editors write. npm passes over it.
const ByteOrderMark = "\ufeff"

// ReadJSON reads a file of JSON, which may have comments, into v.
func (p *Project) ReadJSON(name string, v any) bool {
	text, ok := p.Read(name)
	if !ok {
		return false
	}
	b, err := hujson.Standardize([]byte(strings.TrimPrefix(text, ByteOrderMark)))
	return err == nil && json.Unmarshal(b, v) == nil
}

// Manifest is a package.json.
type Manifest struct {
	Main            string            `json:"main"`
	PackageManager  string            `json:"packageManager"`
	Scripts         map[string]string `json:"scripts"`
	Workspaces      json.RawMessage   `json:"workspaces"`
	NodemonConfig   json.RawMessage   `json:"nodemonConfig"`
	Dependencies    map[string]any    `json:"dependencies"`
	DevDependencies map[string]any    `json:"devDependencies"`
}

// Manifest returns the package.json of a folder; an empty one, if there is none.
func (p *Project) Manifest(dir string) *Manifest {
	dir = path.Clean(dir)
	m, known := p.manifests[dir]
	if !known {
		m = &Manifest{}
		if !p.ReadJSON(path.Join(dir, "package.json"), m) {
			m = &Manifest{}
		}
		p.manifests[dir] = m
	}
	return m
}

// Depends reports whether a package.json names a package.
func (m *Manifest) Depends(name string) bool {
	_, ok := m.Dependencies[name]
	_, dev := m.DevDependencies[name]
	return ok || dev
}
