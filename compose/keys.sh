#!/bin/sh
# keys.sh make|rotate NAME|finish NAME: the keys of the containers. Public ones in $KEYS (/keys), each secret in
# $SECRETS/NAME/secret (/secrets), which belongs to the user that the services run as.
set -eu

keys=${KEYS:-/keys}
secrets=${SECRETS:-/secrets}
owner=${OWNER:-hearth}
export HEARTH_KEYS="$keys"
unset HEARTH_KEY

make_one() {
	[ ! -e "$keys/$1.public" ] || return 0
	rm -f "$secrets/$1/secret"      # of a make that was cut short: nobody knows it
	hearth keys make "$1" --kind "$2" --secret "$secrets/$1/secret"
	chown "$owner" "$secrets/$1/secret"
}

case ${1:-make} in
make)
	chmod 755 "$keys"
	for place in "$secrets"/*; do
		name=${place##*/}
		case $name in operator) make_one "$name" operator ;; *) make_one "$name" service ;; esac
	done
	;;
rotate)
	# The steps belong to one owner; root may use what is another's.
	chown "$(id -u)" "$secrets/$2/secret"
	hearth keys rotate "$2" --secret "$secrets/$2/secret" || code=$?
	chown "$owner" "$secrets/$2/secret"
	exit "${code:-0}"
	;;
finish)
	hearth keys rotate "$2" --finish --force
	;;
*)
	echo "make, rotate NAME or finish NAME is wanted" >&2
	exit 2
	;;
esac
