-- Children looked after on a date, each once with the latest episode that holds. The page's children are found in the
-- index episode_census (episodes_on); then each one's episode by its key.
SELECT l.child::text AS page_key, l.child AS child_id, l.decom AS "episode.decom", l.rne AS "episode.rne",
	l.ls AS "episode.ls", l.cin AS "episode.cin", l.place AS "episode.place",
	l.place_provider AS "episode.place_provider", l.dec AS "episode.dec", l.rec AS "episode.rec",
	l.reason_place_change AS "episode.reason_place_change", l.home_outward AS "episode.home_outward",
	l.place_outward AS "episode.place_outward", l.urn AS "episode.urn",
	coalesce(l.return_year, 0)::integer AS "episode.return_year", l.source AS "episode.source",
	l.placement AS "episode.placement_id"
FROM (
	SELECT e.child, max(e.decom) AS decom
	FROM episodes_on(:authority::text, coalesce(:date::date, :today::date), :today::date) e
	WHERE (:page_after::uuid IS NULL OR e.child > :page_after::uuid)
		AND (:include_short_breaks::boolean OR coalesce(e.ls, '') NOT IN
			(SELECT k.code FROM code k WHERE k.set = 'LS' AND k.short_breaks))
	GROUP BY e.child
	ORDER BY e.child LIMIT :page_limit::integer
) h CROSS JOIN LATERAL (
	SELECT e.child, e.decom, e.rne, e.ls, e.cin, e.place, e.place_provider, e.dec, e.rec, e.reason_place_change,
		e.home_outward, e.place_outward, e.urn, e.return_year, e.source, e.placement
	FROM episode e WHERE e.authority = :authority::text AND e.child = h.child AND e.decom = h.decom LIMIT 1
) l
ORDER BY l.child
