package setup

import (
	"encoding/json"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"
)

// fileLimit bounds the files that are read, in bytes.
const fileLimit = 256 << 10

type project struct {
	files    fs.FS
	manifest manifest
	broken   bool // package.json is no JSON
	followed int  // scripts that were looked at
}

type manifest struct {
	Main          string            `json:"main"`
	Scripts       map[string]string `json:"scripts"`
	NodemonConfig json.RawMessage   `json:"nodemonConfig"`
	Workspaces    json.RawMessage   `json:"workspaces"`
}

// newProject reads the package.json of a folder.
func newProject(files fs.FS) *project {
	p := &project{files: files}
	if p.has("package.json") && json.Unmarshal([]byte(p.read("package.json")), &p.manifest) != nil {
		return &project{files: files, broken: true}
	}
	return p
}

// has reports whether a file or a folder below the project's is there.
func (p *project) has(name string) bool {
	_, err := fs.Stat(p.files, path.Clean(name))
	return err == nil
}

// read returns the text of a regular file in UTF-8 that is not too long; "": there is none. hotswap.yaml could not
// repeat what is no UTF-8.
func (p *project) read(name string) string {
	name = path.Clean(name)
	info, err := fs.Stat(p.files, name)
	if err != nil || !info.Mode().IsRegular() { // a pipe would wait
		return ""
	}
	f, err := p.files.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, fileLimit+1))
	if err != nil || len(b) > fileLimit || !utf8.Valid(b) {
		return ""
	}
	return strings.TrimPrefix(string(b), "\ufeff") // some editors write a byte order mark; npm passes over it
}
