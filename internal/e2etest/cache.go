package e2etest

// OwnCache returns a command that runs another one, such as a hotswap, with a cache in the folder dir.
func OwnCache(dir string) []string {
	return []string{"env", "XDG_CACHE_HOME=" + dir, "XDG_STATE_HOME=" + dir}
}
