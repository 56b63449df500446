#!/bin/bash
# database.sh: PostgreSQL of the suite in a container: makes its cluster at the first start, then becomes the server.
#
# Runs as user postgres; the data lie in the volume /var/lib/hearth. Connections from the network give a password; those
# from inside the container (the health check) need none.
set -euo pipefail

bin=$(find /usr/lib/postgresql -name initdb -printf %h -quit)
data=/var/lib/hearth/data

if [ ! -e "$data/PG_VERSION" ]; then
	rm -rf "$data.new"
	"$bin/initdb" -D "$data.new" -U postgres -k -E UTF8 --locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 \
		--pwfile=<(printf '%s\n' "${HEARTH_ADMIN_PASSWORD:?}")
	printf '%s\n' 'local all all trust' 'host all all 0.0.0.0/0 scram-sha-256' 'host all all ::0/0 scram-sha-256' \
		>"$data.new/pg_hba.conf"
	echo 'CREATE DATABASE hearth' | "$bin/postgres" --single -j -D "$data.new" postgres
	sync "$data.new"
	mv "$data.new" "$data"
fi
exec "$bin/postgres" -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=300 -c timezone=UTC
