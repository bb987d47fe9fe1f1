// Package systemd speaks with the service manager that started hotswap: it takes over the
// sockets that the manager passed (socket activation) and reports the state of the service
// (sd_notify). It works with every manager that speaks these protocols.
package systemd
