#!/usr/bin/env bash
# Installs versitygw, the S3 server that the tests in this folder run against. It is built from source, with
# Go 1.25 or later, and kept in the user's cache folder; does nothing when it is there already.
#
#   install-s3.sh           installs it and tells where it is
#   install-s3.sh --where   only tells where it is; fails when it is not installed
set -euo pipefail

module=github.com/versity/versitygw
version=v1.8.0
# Of the module's files, as in Go's checksum database. Go checks every dependency against that database itself.
hash=h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc=

fail() {
  echo "install-s3.sh: $1" >&2
  exit "${2:-2}"
}

cache=${XDG_CACHE_HOME:-}
[[ $cache == /* ]] || cache=${HOME:?}/.cache
folder=$cache/msk-s3-archiver/versitygw-$version
server=$folder/versitygw

case ${1:-} in
  '') ;;
  --where)
    [[ -x $server ]] || fail "versitygw $version is not installed: run tools/local/real-servers/install-s3.sh"
    echo "$server"
    exit
    ;;
  *) fail "unknown option '$1': the only one is --where" ;;
esac

if [[ -x $server ]]; then
  echo "$server"
  exit
fi

command -v go >/dev/null || fail "versitygw is built with Go 1.25 or later: no 'go' in PATH"
[[ $(go env GOSUMDB) != off ]] || fail 'GOSUMDB is off: nothing would verify what is downloaded'

mkdir -p "$folder"
staging=$(mktemp -d "$folder/staging-XXXXXX")
trap 'rm -rf "$staging"' EXIT

echo "building versitygw $version: about two minutes on two cores" >&2
# Without optimization, debug information and cgo, which takes half the time; collecting less garbage saves some more.
if ! GOFLAGS='' GOBIN=$staging CGO_ENABLED=0 GOGC=400 go install \
  -gcflags='all=-dwarf=false -N -l' -ldflags='-s -w' "$module/cmd/versitygw@$version" 2>"$staging/log"; then
  grep -v '^go: downloading' "$staging/log" >&2 || true
  fail "versitygw $version could not be built" 1
fi

# The name is not proof: what was built says which source it is of.
go version -m "$staging/versitygw" | grep -qF "$(printf 'mod\t%s\t%s\t%s' "$module" "$version" "$hash")" ||
  fail "what was built is not versitygw $version with the hash $hash" 1
mv "$staging/versitygw" "$server"
echo "$server"
