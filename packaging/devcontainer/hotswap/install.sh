#!/bin/sh
# Installs the release VERSION into /usr/local/bin, checked against the release's checksums.
set -eu
fail() {
  echo "hotswap: $*" >&2
  exit 69
}
case $(uname -s)-$(uname -m) in
Linux-x86_64) arch=amd64 ;;
Linux-aarch64) arch=arm64 ;;
*) fail "there is no release for $(uname -sm); build it from source: docs/use.md#install" ;;
esac
command -v curl >/dev/null || fail "curl is not installed; put it into the image"
releases=${HOTSWAP_RELEASES:-https://github.com/hotswap-dev/hotswap/releases}
version=${VERSION:-latest}
if [ "$version" = latest ]; then
  newest=$(curl -fsSL -o /dev/null -w '%{url_effective}' "$releases/latest") || fail "cannot read $releases/latest"
  version=${newest##*/}
fi
version=${version#v}
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
archive=hotswap_${version}_linux_$arch.tar.gz
sums=hotswap_${version}_checksums.txt
for file in "$sums" "$archive"; do
  curl -fsSLO "$releases/download/v$version/$file" || fail "cannot download $releases/download/v$version/$file; is $version a release?"
done
grep " $archive\$" "$sums" >sum || fail "$sums does not name $archive; try again, or report it"
sha256sum -c sum >checked 2>&1 || fail "$archive is not what $sums says; try again"
tar -xzf "$archive" hotswap
install -m 755 hotswap /usr/local/bin/hotswap
hotswap --version
