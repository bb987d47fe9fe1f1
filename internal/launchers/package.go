package launchers

import "strings"

func PackageOf(file string) string {
	_, name := PackageDir(file)
	return name
}

func PackageDir(file string) (dir, name string) {
	const in = "/node_modules/"
	i := strings.LastIndex(file, in)
	if i < 0 {
		return "", ""
	}
	name, rest, _ := strings.Cut(file[i+len(in):], "/")
	if scoped, _, _ := strings.Cut(rest, "/"); strings.HasPrefix(name, "@") && scoped != "" {
		name += "/" + scoped
	}
	return file[:i+len(in)] + name, name
}
