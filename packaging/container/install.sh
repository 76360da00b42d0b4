#!/bin/sh
# Makes what the image holds. The Containerfile runs this and adds nothing, and tests/packaging/test_bare_root.py runs it in
# a bare Debian root, so the steps are tried where there is no container engine.
#
#   install.sh build SOURCE   the program and all that it imports, into /opt/photo-organizer; needs the network
#   install.sh system         what that runs on: Python, the time zones, the user and its two folders
set -eu

install_packages() {
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
  rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log
}

# pip stays in an environment of its own, which the image does not get. There is no compiler: what needs one fails here.
build() {
  install_packages python3-venv
  python3 -m venv /tmp/tools
  python3 -m venv --without-pip /opt/photo-organizer
  /tmp/tools/bin/pip --python /opt/photo-organizer/bin/python install --no-cache-dir \
    -c "$1/packaging/newest.txt" "$1"
}

# The wheels bring their libraries along; tzdata is for TZ=Europe/Berlin.
system() {
  install_packages python3 tzdata
  groupadd --gid 1000 photo-organizer
  useradd --uid 1000 --gid 1000 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin photo-organizer
  install -d -o photo-organizer -g photo-organizer -m 700 /var/lib/photo-organizer /var/cache/photo-organizer
}

"$@"
