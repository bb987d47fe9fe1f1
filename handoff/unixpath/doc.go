// Package unixpath lets the sockets of several generations share one path in the file system.
//
// # How can several sockets have one path?
//
// A socket that is bound to a path has a file there. Each socket gets a name of its own in the path's folder
// (".app.sock.hotswap-INODE"), and the path is a second hard link to the file of one socket (link(2)). A link that is
// renamed onto the path is the cutover: connect(2) finds the old socket before the rename and the new one after it.
// Package reuseport decides which socket that is.
//
// The first socket is bound at the path by the program itself, and gets a name of its own when a second socket comes.
//
// # What if the folder changes meanwhile?
//
// The folder belongs to the program's user, who may put symbolic links into it. hotswap opens the folder once, follows
// no link, binds with the user's rights, and changes the owner and mode of the file that is open, and of a socket
// alone.
package unixpath
