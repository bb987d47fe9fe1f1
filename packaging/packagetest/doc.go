// Package packagetest installs what packaging makes and examples show, and runs it: the wheel, the image, the
// feature for dev containers, the files of examples/{containers,docker,kubernetes,systemd} and the tasks of
// examples/vscode. It has tests only.
package packagetest
