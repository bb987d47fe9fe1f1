package e2etest

import "os"

// OwnCache returns a command that runs another one, such as a hotswap, with the folder dir as hotswap's cache. Root's
// cache is at a fixed place, so there the command mounts the folder, for that process alone.
func OwnCache(dir string) []string {
	if os.Geteuid() != 0 {
		return []string{"env", "XDG_CACHE_HOME=" + dir, "XDG_STATE_HOME=" + dir}
	}
	const mounted = `mkdir -p /var/cache/hotswap && mount --bind "$0" /var/cache/hotswap && exec "$@"`
	return []string{"unshare", "--mount", "env", "XDG_STATE_HOME=" + dir, "sh", "-c", mounted, dir}
}
