//go:build linux

package npm

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// packed is a package that a tarball has.
type packed struct {
	manifest map[string]any
	modes    map[string]int64 // by path
	tarball  []byte
}

func (p packed) name() string    { return p.manifest["name"].(string) }
func (p packed) version() string { return p.manifest["version"].(string) }

// readPacked reads a tarball.
func readPacked(t *testing.T, file string) (p packed) {
	t.Helper()
	p.modes = map[string]int64{}
	var err error
	p.tarball, err = os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	z := testkit.Must(gzip.NewReader(strings.NewReader(string(p.tarball))))(t)
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err == nil && h.Name == "package/package.json" {
			err = json.NewDecoder(r).Decode(&p.manifest)
		}
		testkit.NoError(t, err)
		p.modes[strings.TrimPrefix(h.Name, "package/")] = h.Mode
	}
	return p
}

// allPacked returns the packages of HOTSWAP_NPM, by name. Without that variable the test is skipped.
func allPacked(t *testing.T) map[string]packed {
	t.Helper()
	folder := os.Getenv("HOTSWAP_NPM")
	if folder == "" {
		t.Skip("HOTSWAP_NPM names no folder with packed packages; .ci/package-npm makes them")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.tgz"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%s has the tarballs %q, %v", folder, files, err)
	}
	all := map[string]packed{}
	for _, file := range files {
		p := readPacked(t, file)
		all[p.name()] = p
	}
	return all
}

// registry serves the packages, and returns its address.
func registry(t *testing.T, all map[string]packed) string {
	t.Helper()
	real := testkit.Must(exec.Command("npm", "config", "get", "registry", "--loglevel=error").Output())(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, _ := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/"))
		name, file, isTarball := strings.Cut(path, "/-/")
		p, ok := all[name]
		switch {
		case !ok:
			http.Redirect(w, r, strings.TrimSuffix(strings.TrimSpace(string(real)), "/")+r.URL.RequestURI(),
				http.StatusFound)
		case isTarball && file == p.version()+".tgz":
			_, _ = w.Write(p.tarball)
		case isTarball:
			http.NotFound(w, r)
		default:
			_ = json.NewEncoder(w).Encode(p.document("http://" + r.Host))
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// document is what a registry says of a package.
func (p packed) document(address string) map[string]any {
	one, many := sha1.Sum(p.tarball), sha512.Sum512(p.tarball)
	manifest := maps.Clone(p.manifest)
	manifest["dist"] = map[string]string{
		"tarball":   address + "/" + p.name() + "/-/" + p.version() + ".tgz",
		"shasum":    hex.EncodeToString(one[:]),
		"integrity": "sha512-" + base64.StdEncoding.EncodeToString(many[:]),
	}
	const published = "2026-01-01T00:00:00.000Z" // package managers wait some days
	return map[string]any{
		"name": p.name(), "dist-tags": map[string]string{"latest": p.version()},
		"versions": map[string]any{p.version(): manifest},
		"time":     map[string]string{"created": published, "modified": published, p.version(): published},
	}
}
