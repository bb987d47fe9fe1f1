package direct

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/handoff/runtime/assets"
	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// proxies matches the folders that yarn makes for a script and puts first in PATH: of classic (fs.makeTempDir), which stay
// behind, and of berry (scriptUtils.makeScriptEnv), which yarn removes as it ends. Each has shell scripts that execute Node,
// yarn and, in berry's, the commands of packages by their absolute paths.
var proxies = lazy.Pattern(`/(yarn--[0-9]+-[0-9.]+|xfs-[0-9a-f]+)$`)

// proxiesMost bounds what is copied of one folder, in bytes: PATH may lead to another program's folder of such a name.
const proxiesMost = 4 << 20

// copyProxies has the program's variables name copies of yarn's folders, which outlive yarn.
func (s *Start) copyProxies() error {
	given := filepath.SplitList(s.Launchers[0].Var("PATH"))
	for _, dir := range filepath.SplitList(s.program.Var("PATH")) {
		if !proxies().MatchString(dir) || slices.Contains(given, dir) {
			continue
		}
		if err := small(dir); err != nil {
			return err
		}
		place := assets.Place{Path: filepath.Join(filepath.Dir(dir), "hotswap-yarn-"+strconv.Itoa(os.Geteuid())), Mode: 0o700}
		if os.Geteuid() == 0 {
			place.Mode = 0o755 // the program may be another user
		}
		to, err := assets.Files(os.DirFS(dir), ".", "yarn", []assets.Place{place})
		if err != nil {
			return fmt.Errorf("yarn's folder %s cannot be copied: %w", dir, err)
		}
		s.files.Take(to)
		s.program.Env = slices.Clone(s.program.Env)
		for i, kv := range s.program.Env {
			s.program.Env[i] = strings.ReplaceAll(kv, dir, to)
		}
	}
	return nil
}

// small says that a folder holds more than yarn writes there.
func small(dir string) error {
	entries, err := os.ReadDir(dir)
	size := int64(0)
	for _, e := range entries {
		info, failed := e.Info()
		if failed != nil {
			return failed
		}
		if size += info.Size(); size > proxiesMost || e.IsDir() {
			return fmt.Errorf("%s is no folder of yarn's", dir)
		}
	}
	return err
}
