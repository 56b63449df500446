#!/bin/bash
# container.sh [DIR [WHO:GOAL...]]: what a newcomer does, on a bare Debian 12: by hand, as root (`make container`).
#
# Makes a bookworm chroot by debootstrap (minbase) in DIR that holds make and git and nothing else of what Hearth needs,
# clones this checkout's HEAD into a path with spaces under a 0700 home, and runs a goal there: `root:check` as root,
# `user:demo` as a user with sudo. Each of these gets a fresh copy of the system, in namespaces of its own, so that
# nothing of it stays. `offline:check` goes on in the last user's system, where everything is installed by now, from a
# clean tree, without sudo and without a network. A run takes minutes; each is given half an hour.
#
# RETURNS=DIR lays your own returns into the system as /srv/returns: then `user:demo DIR=/srv/returns`.
set -euo pipefail
returns=${RETURNS:+$(realpath "$RETURNS")}
cd "$(dirname "$0")/.."

dir=${1:-/var/tmp/hearth-container}
shift || true
[ $# -gt 0 ] || set -- root:check user:demo offline:check
limit=1800
root=$dir/root

[ "$(id -u)" -eq 0 ] || { echo "container.sh: only root can make a chroot" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "container.sh: apt-get install debootstrap first" >&2; exit 1; }

mkdir -p "$dir"
if [ ! -e "$dir/base/etc/debian_version" ]; then
	echo "container: debootstrap, about a minute"
	rm -rf "$dir/base.new"
	timeout "$limit" debootstrap --variant=minbase bookworm "$dir/base.new" >"$dir/debootstrap.log" 2>&1 ||
		{ tail -n 20 "$dir/debootstrap.log"; exit 1; }
	mv "$dir/base.new" "$dir/base"
fi

offline=
# Commands inside: namespaces end with their first process, and with them every process and mount of the run.
inside() {
	timeout -k 20 "$limit" unshare --mount --pid --ipc --uts ${offline:+--net} --fork --kill-child --propagation private \
		bash -euo pipefail -c '
		root=$1; shift
		[ -z "'"$offline"'" ] || ip link set lo up
		mount -t proc proc "$root/proc"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
		mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
		exec chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root LANG=C.UTF-8 TERM=dumb "$@"
	' bash "$root" "$@" </dev/null
}

prepare() {
	local home=$1
	rm -rf --one-file-system "$root"
	cp -a "$dir/base" "$root"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	cp /etc/hosts "$root/etc/hosts"
	[ ! -e /etc/apt/sources.list ] || cp /etc/apt/sources.list "$root/etc/apt/"
	cp -r /etc/apt/sources.list.d /etc/apt/apt.conf.d "$root/etc/apt/"
	inside apt-get update >"$dir/prepare.log" 2>&1
	inside apt-get install -y make git ca-certificates >>"$dir/prepare.log" 2>&1
	mkdir -p "$root$home/a place with spaces"
	git clone -q --no-hardlinks . "$root$home/a place with spaces/hearth"
	[ -z "$returns" ] || cp -r "$returns" "$root/srv/returns"
}

# How much the system has grown since it was prepared.
measure() {
	du -sm --exclude="$root/home" --exclude="$root/root" "$root" | cut -f1
	chroot "$root" dpkg-query -f '.\n' -W | wc -l
}

result=0
for run in "$@"; do
	read -ra goal <<<"${run#*:}"
	offline=
	case $run in
	root:*)
		prepare /root
		chmod 700 "$root/root"
		command=(bash -c 'cd ~root/"a place with spaces/hearth" && exec make "$@"' bash)
		;;
	user:*)
		prepare /home/newcomer
		inside apt-get install -y sudo >>"$dir/prepare.log" 2>&1
		inside useradd -M -d /home/newcomer -s /bin/bash newcomer
		inside chown -R newcomer: /home/newcomer
		inside chmod 700 /home/newcomer
		echo 'newcomer ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/newcomer"
		command=(su newcomer -c 'cd "/home/newcomer/a place with spaces/hearth" && exec make "$@"' bash)
		;;
	offline:*)
		[ -e "$root/etc/sudoers.d/newcomer" ] || { echo "container.sh: offline: goes on after user:" >&2; exit 2; }
		rm "$root/etc/sudoers.d/newcomer"
		offline=yes
		command=(su newcomer -c 'cd "/home/newcomer/a place with spaces/hearth" && make clean && exec make "$@"' bash)
		;;
	*)
		echo "container.sh: $run is none of root:GOAL, user:GOAL, offline:GOAL" >&2
		exit 2
		;;
	esac
	echo "container: $run"
	mapfile -t before < <(measure)
	started=$(date +%s)
	if inside "${command[@]}" "${goal[@]}"; then
		mapfile -t after < <(measure)
		echo "container: $run: passed in $(($(date +%s) - started)) s;" \
			"$((after[1] - before[1])) packages, $((after[0] - before[0])) MB more than before"
	else
		echo "container: $run: FAILED"
		result=1
	fi
done
rm -rf --one-file-system "$dir/root"
exit $result
