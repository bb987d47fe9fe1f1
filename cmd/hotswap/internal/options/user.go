package options

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"
)

// User is whom the program runs as. The zero value is hotswap's own user.
type User struct {
	As         *syscall.Credential
	Name, Home string
}

// Environ adds to env what tells a process its user, as login(1) does.
func (u User) Environ(env []string) []string {
	if u.As == nil {
		return env
	}
	return append(env, "HOME="+u.Home, "USER="+u.Name, "LOGNAME="+u.Name)
}

// parseUser reads NAME or NAME:GROUP, of which each may be a number.
func parseUser(text string) (u User, err error) {
	if os.Geteuid() != 0 {
		return u, errors.New("only root can run the program as another user")
	}
	if err := mayInspect(); err != nil {
		return u, err
	}
	name, group, named := strings.Cut(text, ":")
	found, err := user.Lookup(name)
	if err != nil {
		if found, err = user.LookupId(name); err != nil {
			return u, errors.New("no such user")
		}
	}
	ids, err := found.GroupIds()
	if err != nil {
		return u, fmt.Errorf("the groups of %s: %w", name, err)
	}
	gid := found.Gid
	if named {
		g, err := user.LookupGroup(group)
		if err != nil {
			if g, err = user.LookupGroupId(group); err != nil {
				return u, errors.New("no such group")
			}
		}
		gid = g.Gid
	}
	number := func(id string) uint32 {
		n, failed := strconv.ParseUint(id, 10, 32)
		err = errors.Join(err, failed)
		return uint32(n)
	}
	u = User{&syscall.Credential{Uid: number(found.Uid), Gid: number(gid)}, found.Username, found.HomeDir}
	for _, id := range ids {
		u.As.Groups = append(u.As.Groups, number(id))
	}
	return u, err
}
