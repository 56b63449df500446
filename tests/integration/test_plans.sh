#!/bin/bash
# test_plans.sh: no statement of the write and read connections reads an index by the authority alone, though it was
# planned over empty tables. Prints the summary line that make check counts.
set -uo pipefail

bin=${HEARTH_BIN:-build/bin}
work=$(mktemp -d "${HEARTH_TEST_DIR:-/tmp}/plans.XXXXXX")
chmod 711 "$work"
trap '"$bin/hearth-private-pg" stop "$work/pg" >/dev/null 2>&1; rm -rf "$work"' EXIT
checks=0
failures=0

# The lines of a plan on standard input that read a table by nothing, or by nothing but the authority or a kind.
careless() {
	awk '
		function judge() { if (node != "" && !told) print node; node = ""; told = 0 }
		/(Seq Scan|Index Scan|Index Only Scan|Bitmap Index Scan).* on / { judge(); node = $0; next }
		/Index Cond:/ && node != "" {
			rest = $0
			while (match(rest, /[a-z_0-9]+\)*(::[a-z]+)? (=|>|<|>=|<=) /)) {
				column = substr(rest, RSTART, RLENGTH)
				sub(/[^a-z_0-9].*/, "", column)
				if (column != "authority" && column != "kind")
					told = 1
				rest = substr(rest, RSTART + RLENGTH)
			}
			judge()
			next
		}
		{ judge() }
		END { judge() }'
}

"$bin/hearth-private-pg" start "$work/pg" && "$bin/hearth-private-pg" create "$work/pg" plans || exit 1
url=$("$bin/hearth-private-pg" url "$work/pg" hearth plans)
"$bin/hearth" migrate --admin-url "$url" >/dev/null || exit 1
for file in services/*/sql/*.sql; do
	service=${file#services/}
	service=${service%%/*}
	[ "$service" != runtime ] || continue
	perl tests/integration/plan_of.pl "$service" "$file" >"$work/sql" || exit 1
	[ -s "$work/sql" ] || continue
	checks=$((checks + 1))
	if ! psql -X -qAt -v ON_ERROR_STOP=1 "$url" <"$work/sql" >"$work/plan" 2>&1 || [ -n "$(careless <"$work/plan")" ]; then
		failures=$((failures + 1))
		echo "$file: read by less than its key:"
		{ grep ERROR "$work/plan"; careless <"$work/plan"; } | sed 's/^ */  /'
	fi
done
[ "$checks" -ge 60 ] || { echo "only $checks statements were found"; failures=$((failures + 1)); checks=$((checks + 1)); }
echo "$((100 * (checks - failures) / checks))%: Checks: $checks, Failures: $failures, Errors: 0"
[ "$failures" -eq 0 ]
