# statement.awk: a service's .sql file as the references send it: every :name gets a value.
#
#	awk -v form=pgbench|libpq -f statement.awk services/referrals/sql/create_referral.sql
#
# What the service draws for each call (ids, references) is drawn for each transaction here too: by pgbench variables, or
# as $1 to $4 of bench_sql. Everything else is the literal that the service would bind for the bench's request. A name
# that is in neither table is an error, so that the reference follows the statement when it changes.
BEGIN {
	drawn["id"] = "uuid 1"
	drawn["request_id"] = "uuid 2"
	drawn["reference"] = "text 3"
	drawn["reference_second"] = drawn["reference_long"] = "text 4"
	text["authority"] = "999"
	text["actor"] = "bench"
	text["method"] = "CreateReferral"
	text["payload_hash"] = "0f3a5d7c9b1e2f4a6c8d0e1f2a3b4c5d"
	text["child_id"] = "0190b3c2-7d1e-7abc-8def-0123456789ab"
	text["urgency"] = "URGENT"
	text["needed_by"] = "2030-01-01"
	text["worker"] = "worker-17"
	text["now"] = "2026-01-05"
	text["today"] = "2026-01-05"
	text["event_time"] = "2026-01-05"
	text["event_historical"] = "false"
	text["event_version"] = "1"
	text["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	split("date_of_birth_value needs_age_value needs_sex needs_unaccompanied needs_home_kinds needs_home_grid_easting " \
		"needs_home_grid_northing needs_most_miles_miles needs_most_weekly_fee_pence needs_children needs_more age", unset, " ")
	for (i in unset)
		null[unset[i]] = 1
	if (values != "") {
		count = split(values, pairs, ",")
		for (i = 1; i <= count; i++) {
			name = value = pairs[i]
			sub(/=.*/, "", name)
			sub(/^[^=]*=/, "", value)
			delete null[name]
			delete drawn[name]
			if (value ~ /^(uuid|text|key) [0-9]$/)
				drawn[name] = value
			else
				text[name] = value
		}
	}
	if (form == "pgbench") {
		for (i = 1; i <= 2; i++)
			print "\\set upper" i " random(1000000000000000, 9999999999999999)\n" \
				"\\set lower" i " random(1000000000000000, 9999999999999999)"
		print "\\set drawn3 random(1, 9000000000000000)\n\\set drawn4 random(1, 9000000000000000)"
		print "\\set key random(0, 999)"
		if (lock != "")
			print "BEGIN;\n" lock ";"
	}
}
function value_of(name,    how) {
	if (name in drawn) {
		split(drawn[name], how, " ")
		if (form == "libpq")
			return "$" how[2]
		if (how[1] == "uuid")
			return "(:upper" how[2] "::text || :lower" how[2] "::text)"
		if (how[1] == "key")
			return "('20000000000000000000000000000' || lpad(:key::text, 3, '0'))"
		return "('R' || :drawn" how[2] "::text)"
	}
	if (name in null)
		return "NULL"
	if (name in text)
		return "'" text[name] "'"
	print FILENAME ": no value for :" name > "/dev/stderr"
	failed = 1
	exit 1
}
/^--/ { next }
{
	line = $0
	out = ""
	while (match(line, /::?[a-z_][a-z_0-9]*/)) {
		out = out substr(line, 1, RSTART - 1)
		token = substr(line, RSTART, RLENGTH)
		out = out (substr(token, 2, 1) == ":" ? token : value_of(substr(token, 2)))
		line = substr(line, RSTART + RLENGTH)
	}
	print out line
}
END {
	if (failed)
		exit 1
	if (form == "pgbench")
		print ";" (lock != "" ? "\nCOMMIT;" : "")
}
