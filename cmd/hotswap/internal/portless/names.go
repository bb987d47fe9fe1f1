package portless

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// mostFiles and mostBytes are how much namesServer reads.
const mostFiles, mostBytes = 5000, 64 << 20

// ofServers is in the commands and sources of servers, and in some others.
var ofServers = lazy.Pattern(`(?i)(listen|serve|server)(\b|_)|listenandserve|\bport\b`)

// prose are the extensions of files that are no source.
const prose = ".md .txt .json .lock .log .html .css .yaml .yml"

// namesServer reports whether the command or a source file names a server, or whether there are too many to tell.
func namesServer(files fs.FS, command []string) bool {
	left, bytes := mostFiles, int64(mostBytes)
	return ofServers().MatchString(strings.Join(command, " ")) || fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case d.IsDir() && (d.Name() == "node_modules" || name != "." && d.Name()[0] == '.'):
			return fs.SkipDir
		case !d.Type().IsRegular() || slices.Contains(strings.Fields(prose), path.Ext(name)):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil // it has gone
		}
		left, bytes = left-1, bytes-info.Size()
		if left < 0 || bytes < 0 {
			return fs.ErrExist
		}
		if text, _ := fs.ReadFile(files, name); ofServers().Match(text) {
			return fs.ErrExist
		}
		return nil
	}) != nil
}
