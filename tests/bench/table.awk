# table.awk: samples (figure, ours, reference) to the table: medians; the ratio is the median of each run's own ratio,
# turned so that more is better. The file `spread` gets the same with the least and most of each and the goals.
BEGIN {
	count = split("echo_rps echo_tcp_rps curve_rps echo_p99 echo_p50_1 echo_instructions write_rps write_rps_256 write_rps_cte " \
		"write_p99 read_rps read_rps_audited lookup_p50_busy lookup_p99_busy echo_p50_busy echo_p99_busy event_lag event_rate import_rows nation_1k nation_10k nation_84k nation_flat " \
		"nation_census match_20k match_20k_time match_p99 match_linear_20k match_linear_200k match_queue match_queue_step match_rebuild pss_idle failover_ms failover_drain_ms failover_stop_ms scale_reads_2 scale_p99_2 " \
		"scale_reads_3 scale_p99_3", order, " ")
	split("8 6 5 3.5 1.2 8 4 8 2 3.5 1.25 0.7 1000 2500 1000 2500 0.4 0.8 0.7 - - - 0.9 100000 40 40 10000 - - 1000 2000 500 12 50", goal, " ")
	split("6 5 4.5 2.8 1.1 6 3 5 1.5 2.8 1.1 0.5 2000 5000 2000 5000 0.25 0.5 0.5 - - - 0.7 100000 20 20 10000 - - 1000 4000 500 16", floor, " ")
	less["echo_p99"] = less["echo_p50_1"] = less["echo_instructions"] = less["write_p99"] = less["event_lag"] = 1
	less["lookup_p50_busy"] = less["lookup_p99_busy"] = less["echo_p50_busy"] = less["echo_p99_busy"] = 1
	less["match_20k"] = less["match_20k_time"] = less["match_p99"] = less["match_linear_20k"] = less["match_linear_200k"] = 1
	less["match_queue"] = less["match_queue_step"] = less["match_rebuild"] = 1
	less["failover_ms"] = less["failover_drain_ms"] = less["failover_stop_ms"] = less["scale_p99_2"] = less["scale_p99_3"] = 1
}
{
	n = ++runs_of[$1]
	ours[$1, n] = $2
	theirs[$1, n] = $3
	ratio[$1, n] = $3 == "-" || $2 == 0 || $3 == 0 ? "-" : $1 in less ? $3 / $2 : $2 / $3
}
function sorted(from, figure, n,    i, j, kept) {
	delete list
	for (i = 1; i <= n; i++) {
		kept = from[figure, i]
		for (j = i - 1; j >= 1 && list[j] + 0 > kept + 0; j--)
			list[j + 1] = list[j]
		list[j + 1] = kept
	}
}
function median(n) {
	return n % 2 ? list[(n + 1) / 2] : list[1] == "-" ? "-" : (list[n / 2] + list[n / 2 + 1]) / 2
}
function show(value) {
	return value == "-" ? "-" : value >= 100 ? sprintf("%.0f", value) : sprintf("%.2f", value)
}
END {
	print "figure", "ours", "reference", "ratio"
	print "figure", "ours", "least", "most", "reference", "least", "most", "ratio", "least", "most", "goal", "floor",
		"runs" >spread
	for (f = 1; f <= count; f++) {
		figure = order[f]
		n = runs_of[figure]
		if (!n)
			continue
		sorted(ours, figure, n)
		o = show(median(n)) OFS show(list[1]) OFS show(list[n])
		ours_shown = show(median(n))
		sorted(theirs, figure, n)
		t = show(median(n)) OFS show(list[1]) OFS show(list[n])
		theirs_shown = show(median(n))
		sorted(ratio, figure, n)
		r = show(median(n)) OFS show(list[1]) OFS show(list[n])
		print figure, ours_shown, theirs_shown, show(median(n))
		print figure, o, t, r, goal[f], floor[f], n >spread
	}
}
